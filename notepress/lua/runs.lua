-- Words, formulas and the spaces between them -> LaTeX at once, where LaTeX reads the words as they stand. Of a line of
-- text one element is left: every other would be made, would cross to Haskell and be written there.

local breaks = require 'breaks'
local paragraphs = require 'paragraphs'
local placeholders = require 'placeholders'
local write = require 'write'

local runs = {}

local Run = {}
Run.__index = Run

-- Whether a word may become LaTeX. The boxes of tasks are looked for later (see blocks.lua).
local function is_plain(text)
  return write.is_plain(text) and not text:find('☐', 1, true) and not text:find('☒', 1, true)
end

-- Begin a run whose elements go into the list `out`.
function runs.into(out)
  return setmetatable({ out = out, latex = nil, gap = nil }, Run)
end

-- End it: what comes now is something else.
function Run:finish()
  if self.latex then
    self.out:insert(write.raw(self.latex))
    self.out:insert(self.gap)
    self.latex, self.gap = nil, nil
  end
end

-- Take the next inline of a paragraph, whose text is given where it is a word; false where it can't be taken, and has to
-- be written after what was.
function Run:takes(inline, tag, text)
  if (tag == 'Space' or tag == 'SoftBreak') and self.latex and not self.gap then
    self.gap, self.between = inline, tag == 'Space' and ' ' or '\n'
    return true
  end
  local latex = tag == 'Str' and not breaks.is_endless(text) and placeholders.kept(text, is_plain)
  -- What a line begins with may be indentation, which is looked for later.
  if not latex or paragraphs.without_indent(latex) ~= latex then
    self:finish()
    return false
  elseif latex == '' then
    return true
  end
  self.latex = self.latex and self.latex .. (self.gap and self.between or '') .. latex or latex
  self.gap = nil
  return true
end

return runs
