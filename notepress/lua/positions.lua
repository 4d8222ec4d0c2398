-- Positions that pandoc's `sourcepos` leaves in spans and wrappers -> lines of the note, and marks for the source map.

local note = require 'note'

local positions = {}

-- The first line in a data-pos such as "3:1-5:1", as a line of the note; nil where there is none. Takes the attributes of
-- an element, nil included.
function positions.line_in(attributes)
  local position = attributes and attributes['data-pos']
  local line = position and tonumber(position:match '(%d+):%d+%-')
  -- Numbers that come as JSON are floats.
  return line and math.tointeger(note.lines[line] or line)
end

-- The same of an element.
function positions.line_of(element)
  return positions.line_in(element.attributes)
end

-- The line of a block of code: in a list pandoc puts the position of the list before its own.
function positions.line_of_code(block)
  local own
  for key, value in pairs(block.attributes) do
    own = key == 'data-pos' and value or own
  end
  return positions.line_of { attributes = { ['data-pos'] = own } }
end

-- Where each line of the text begins, and where one after the last would.
local function line_starts()
  if note.starts_of ~= note.text then
    local starts = { 1 }
    for after in note.text:gmatch '\n()' do
      starts[#starts + 1] = after
    end
    starts[#starts + 1] = #note.text + 2
    note.starts_of, note.starts = note.text, starts
  end
  return note.starts
end

-- The lines of the text, with a line end before them, in which an element with these attributes stands; nil where it does
-- not say so.
function positions.text_of(attributes)
  local first, last = (attributes and attributes['data-pos'] or ''):match '^(%d+):%d+%-(%d+):%d+$'
  if not first then
    return nil
  end
  local starts = line_starts()
  local from, to = starts[tonumber(first)], starts[math.min(tonumber(last) + 1, #starts)]
  return from and '\n' .. note.text:sub(from, to - 1)
end

-- What stands before a block in the LaTeX: it came from this line on, or from that line alone.
function positions.marker(line, alone)
  return '%@' .. (alone and '=' or '') .. line
end

-- Remove the spans that carry positions, and give each SoftBreak the line that follows it. Every word comes in a
-- span of its own, and every access to an element crosses from Lua to Haskell: hence the care.
-- Returned with them: their tags, and the texts of those that are words.
function positions.unwrap(inlines)
  local flat, breaks, tags, texts = {}, {}, {}, {}
  local words, word = {}, nil
  local after_break = false
  local function flush()
    if #words > 0 then
      local text = table.concat(words)
      -- Most words stand alone: the reader has joined them.
      flat[#flat + 1] = #words == 1 and word or pandoc.Str(text)
      tags[#flat], texts[#flat] = 'Str', text
      words = {}
    end
  end
  local function add(inline, tag)
    if tag == 'Str' then
      words[#words + 1], word = inline.text, inline
    else
      flush()
      flat[#flat + 1] = inline
      tags[#flat] = tag
    end
    after_break = tag == 'SoftBreak'
  end
  for _, inline in ipairs(inlines) do
    local tag = inline.t
    if after_break then
      breaks[#flat] = positions.line_of(inline)
    end
    if tag == 'Span' and (note.only_wrappers or inline.attributes.wrapper) then
      for _, inner in ipairs(inline.content) do
        add(inner, inner.t)
      end
    else
      add(inline, tag)
    end
  end
  flush()
  return flat, breaks, tags, texts
end

return positions
