-- Positions that pandoc's `sourcepos` leaves in spans and wrappers -> lines of the note, and marks for the source map.

local note = require 'note'

local positions = {}

-- The first line in a data-pos such as "3:1-5:1", as a line of the note; nil where there is none.
function positions.line_of(element)
  local attributes = element.attributes
  local position = attributes and attributes['data-pos']
  local line = position and tonumber(position:match '(%d+):%d+%-')
  -- Numbers that come as JSON are floats.
  return line and math.tointeger(note.lines[line] or line)
end

-- The line of a block of code: in a list pandoc puts the position of the list before its own.
function positions.line_of_code(block)
  local own
  for key, value in pairs(block.attributes) do
    own = key == 'data-pos' and value or own
  end
  return positions.line_of { attributes = { ['data-pos'] = own } }
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
  local words = {}
  local after_break = false
  local function flush()
    if #words > 0 then
      local text = table.concat(words)
      flat[#flat + 1] = pandoc.Str(text)
      tags[#flat], texts[#flat] = 'Str', text
      words = {}
    end
  end
  local function add(inline, tag)
    if tag == 'Str' then
      words[#words + 1] = inline.text
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
