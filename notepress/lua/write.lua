-- Blocks and inlines -> LaTeX, by pandoc's writer.

local note = require 'note'

local write = {}

function write.raw(tex)
  return pandoc.RawInline('latex', tex)
end

function write.raw_block(tex)
  return pandoc.RawBlock('latex', tex)
end

-- wrap_text=preserve keeps the note's line breaks, which the marks count on; latex-smart keeps quotes and
-- dashes as the characters they are.
function write.latex(blocks)
  if note.unwritten then
    return ''
  end
  return pandoc.write(pandoc.Pandoc(blocks), 'latex-smart', pandoc.WriterOptions { wrap_text = 'preserve' })
end

-- What the writer writes otherwise than it stands: signs of TeX, and spaces and hyphens that nobody sees.
local ESCAPED = { "[%c#$%%&'<>%[\\%]^_{|}~]", '%-%-', '\xC2[\xA0\xAD]', '\xE2\x80[\x8B\xAF]' }

-- Whether the writer leaves a text as it is.
function write.is_plain(text)
  for _, pattern in ipairs(ESCAPED) do
    if text:find(pattern) then
      return false
    end
  end
  return true
end

-- What an inline is in LaTeX, where that is no work for the writer.
local function simple(inline)
  local tag = inline.t
  if tag == 'Space' then
    return ' '
  elseif tag == 'Str' then
    return write.is_plain(inline.text) and inline.text or nil
  end
  return tag == 'RawInline' and inline.format == 'latex' and inline.text or nil
end

-- The same of inlines. The writer takes a third of a millisecond for each list, so words and formulas don't get there.
function write.inlines(inlines)
  if note.unwritten then
    return ''
  end
  local parts = {}
  for at, inline in ipairs(inlines) do
    parts[at] = simple(inline)
    if not parts[at] then
      return write.latex { pandoc.Plain(inlines) }
    end
  end
  local latex = table.concat(parts)
  -- Spaces at an edge, and several of them, are the writer's.
  if latex:find '^ ' or latex:find ' $' or latex:find '  ' or latex:find '\n' then
    return write.latex { pandoc.Plain(inlines) }
  end
  return latex
end

return write
