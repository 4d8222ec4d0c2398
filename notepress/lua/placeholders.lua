-- Placeholders of formulas (see dialect.py) -> formulas, or the characters of the file.

local note = require 'note'

local placeholders = {}

local OPEN, CLOSE, FILLER, JOINER = '\u{FDD0}', '\u{FDD1}', '\u{FDD2}', '\u{FFA0}'

-- The first bytes of all of these; what has none of them is plain text.
local SPECIAL = '[\xEF][\xB7\xBE]'

function placeholders.may_have(text)
  return text:find(SPECIAL) ~= nil
end

function placeholders.without_joiners(text)
  return (text:gsub(JOINER, ''))
end

function placeholders.found(text)
  return text:find(OPEN, 1, true) ~= nil
end

-- Put the characters of the file back where a placeholder met a place that is no prose.
function placeholders.restore(text)
  if not text:find(OPEN, 1, true) and not text:find(FILLER, 1, true) and not text:find(JOINER, 1, true) then
    return text
  end
  local function source_line(number, offset)
    local source = note.formulas[tonumber(number) + 1]
    local at = 0
    for line in (source .. '\n'):gmatch '(.-)\n' do
      if at == tonumber(offset) then
        return at > 0 and line:gsub('^%s+', '') or line
      end
      at = at + 1
    end
  end
  text = text:gsub(OPEN .. '(%d+)' .. CLOSE, function(number)
    note.restored[tonumber(number)] = true
    return source_line(number, 0)
  end)
  text = text:gsub(FILLER .. '(%d+)%.(%d+)' .. CLOSE, source_line)
  return (text:gsub(JOINER, ''))
end

-- A formula stays a placeholder in the LaTeX, for convert.py to fill: it then knows where each formula stands.
local function formula_inline(number)
  -- A key that is a number, as in `restored`.
  note.set[tonumber(number)] = true
  if note.in_cell then
    note.in_cells[tonumber(number)] = true
  end
  return pandoc.RawInline('latex', OPEN .. number .. CLOSE)
end

-- Split the text of a Str at its placeholders.
function placeholders.prose(text)
  local out = pandoc.Inlines {}
  text = text:gsub(FILLER .. '%d+%.%d+' .. CLOSE, ''):gsub(JOINER, '')
  local here = 1
  while true do
    local from, to, number = text:find(OPEN .. '(%d+)' .. CLOSE, here)
    local before = text:sub(here, (from or 0) - 1)
    if before ~= '' then
      out:insert(pandoc.Str(before))
    end
    if not from then
      return out
    end
    out:insert(formula_inline(number))
    here = to + 1
  end
end

return placeholders
