-- Placeholders of formulas (see dialect.py) -> formulas, or the characters of the file.

local note = require 'note'

local placeholders = {}

local OPEN, CLOSE, FILLER, NESTED, JOINER = '\u{FDD0}', '\u{FDD1}', '\u{FDD2}', '\u{FDD8}', '\u{FFA0}'

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

-- Put the characters of the file back where a placeholder met a place that is no prose; of a formula on one line what
-- `written` makes of its source, if that is given.
function placeholders.restore(text, written)
  if not text:find(SPECIAL) then
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
    local source = source_line(number, 0)
    return written and written(source) or source
  end)
  text = text:gsub(FILLER .. '(%d+)%.(%d+)' .. CLOSE, source_line)
  text = text:gsub(NESTED .. '(%d+)' .. CLOSE, function(number)
    return '[^' .. note.nested[tonumber(number)].label .. ']'
  end)
  return (text:gsub(JOINER, ''))
end

local function set(number)
  -- A key that is a number, as in `restored`.
  note.set[tonumber(number)] = true
  if note.in_cell then
    note.in_cells[tonumber(number)] = true
  end
end

-- A formula stays a placeholder in the LaTeX, for convert.py to fill: it then knows where each formula stands.
local function formula_inline(number)
  set(number)
  return pandoc.RawInline('latex', OPEN .. number .. CLOSE)
end

-- Without what only keeps the lines of a text.
local function without_fillers(text)
  return (text:gsub(FILLER .. '%d+%.%d+' .. CLOSE, ''):gsub(JOINER, ''))
end

-- The text of a Str as LaTeX, formulas in it as placeholders; nil where `is_plain` does not say that the words can stay
-- as they are.
function placeholders.kept(text, is_plain)
  if not text:find(SPECIAL) then
    return is_plain(text) and text or nil
  end
  text = without_fillers(text)
  local formula = OPEN .. '(%d+)' .. CLOSE
  if not is_plain((text:gsub(formula, ''))) or text:find(NESTED, 1, true) then
    return nil
  end
  for number in text:gmatch(formula) do
    set(number)
  end
  return text
end

-- The text of a Str as a list of inlines: words, formulas, and what `footnote` makes of the number of a footnote.
function placeholders.prose(text, footnote)
  local out = {}
  text = without_fillers(text)
  local here = 1
  while true do
    local from, to, kind, number = text:find('(\xEF\xB7[\x90\x98])(%d+)' .. CLOSE, here)
    local before = text:sub(here, (from or 0) - 1)
    if before ~= '' then
      out[#out + 1] = pandoc.Str(before)
    end
    if not from then
      return out
    end
    if kind == OPEN then
      out[#out + 1] = formula_inline(number)
    else
      for _, inline in ipairs(footnote(number)) do
        out[#out + 1] = inline
      end
    end
    here = to + 1
  end
end

return placeholders
