-- Markdown -> pandoc's document, with fewer elements than pandoc's reader makes: it puts each word, each mark and each
-- space into a span of its own that says where it stands, three thousand in a note. Every look at an element crosses from
-- Lua to Haskell, so it costs more to look at all of them than to read the note. Nobody asks where more than the first of a
-- list stands, and the first of each line.
--
-- They are taken out of the document as text, which Lua is good at: of pandoc's JSON, the half is left.

local reader = {}

-- CommonMark as on GitHub, and what Quarto adds. Not among them: smart (quotes mean themselves), tex_math
-- (formulas are placeholders), yaml_metadata_block (--- is a rule), raw_attribute (no TeX from notes).
local FORMAT = 'commonmark+sourcepos+pipe_tables+footnotes+strikeout+task_lists+attributes+fenced_divs'
  .. '+bracketed_spans+definition_lists+gfm_auto_identifiers+emoji+raw_html'
-- To look for these at each word takes a fifth of the time.
local ADDRESSES = '+autolink_bare_uris'

local find, match, sub = string.find, string.match, string.sub

-- A span that carries a position, up to this, as pandoc writes it; inside a string its quotes would be escaped.
local SPAN = '{"t":"Span","c":[["",[],[["wrapper","1"],["data-pos","'
-- What follows where the span holds a word; one with an escape in it stays as it is.
local WORD = '^[^"]*"%]%]%],%[%{"t":"Str","c":"()([^"\\]*)"%}%]%]%}()'
local OTHER = '^[^"]*"%]%]%],%[(%{"t":"(S%a+)"%})%]%]%}()'

local Writer = {}
Writer.__index = Writer

function Writer:add(text)
  local at = #self + 1
  self[at] = text
end

-- End the word that was begun, if any.
function Writer:finish()
  if self.closing then
    self:add(self.closing)
    self.closing = nil
  end
end

-- Join words that stand side by side and leave only the spans that somebody asks for their position.
function reader.joined(json)
  local out = setmetatable({}, Writer)
  -- Written is what stands before `here`. `bare` says that there ended an element of the same list and line, so that
  -- the next needs no position.
  local here, bare = 1, false
  local at = find(json, SPAN, 1, true)
  while at do
    local follows = bare and at == here + 1
    local from, text, after = match(json, WORD, at + #SPAN)
    if from and follows and out.closing then
      out:add(text)
    elseif from then
      out:finish()
      out:add(sub(json, here, at - 1))
      out:add(follows and '{"t":"Str","c":"' or sub(json, at, from - 1))
      out:add(text)
      out.closing = follows and '"}' or '"}]]}'
    else
      out:finish()
      out:add(sub(json, here, at - 1))
      local inner, tag, ended = match(json, OTHER, at + #SPAN)
      after = ended or at + #SPAN
      out:add(inner and (follows or tag == 'SoftBreak') and inner or sub(json, at, after - 1))
      bare = inner ~= nil and tag ~= 'SoftBreak'
    end
    if from then
      bare = true
      -- A colon may begin a caption, which takes it off.
      if text == ':' then
        out:finish()
      end
    end
    here = after
    at = find(json, SPAN, here, true)
  end
  out:finish()
  out:add(sub(json, here))
  return table.concat(out)
end

-- Whether there may be an address that is a link without being written as one: of the web, or of mail.
local function has_addresses(text)
  return find(text, '://', 1, true) or find(text, '[wW][wW][wW]%.') or find(text, '[%w._+\x80-\xFF-]@[%w_\x80-\xFF-]+%.')
end

-- Read a note.
function reader.read(text)
  local read = pandoc.read(text, FORMAT .. (has_addresses(text) and ADDRESSES or ''))
  return pandoc.read(reader.joined(pandoc.write(read, 'json')), 'json')
end

return reader
