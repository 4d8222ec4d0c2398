-- How wide the columns of a table may become, in em: enough to tell tables that fit anywhere from those TeX has to measure.

local note = require 'note'
local placeholders = require 'placeholders'

local widths = {}

-- The narrowest text, that of A5 in a box, has more.
local SURELY_FITS = 20
-- Between two columns.
local GAP = 1.2

-- A hanzi is an em wide, a letter about half of one; of a formula, commands are one sign each.
local function of_text(text)
  local _, wide = text:gsub('[\xE2-\xEF][\x80-\xBF][\x80-\xBF]', '')
  return wide + (#text - 3 * wide) * 0.55
end

local function of_formula(number)
  local source = note.formulas[tonumber(number) + 1] or ''
  return of_text((source:gsub('\\%a+', 'xx')))
end

local function of_cell(cell)
  local width = 0
  cell.contents:walk {
    Str = function(str)
      for number in str.text:gmatch '\u{FDD0}(%d+)\u{FDD1}' do
        width = width + of_formula(number)
      end
      width = width + of_text(placeholders.without_joiners(str.text:gsub('\u{FDD0}%d+\u{FDD1}', '')))
    end,
    Space = function() width = width + 0.3 end,
    Code = function(code) width = width + of_text(code.text) end,
    Image = function() width = width + SURELY_FITS end,
  }
  return width
end

-- Whether the columns of these rows, side by side, may be wider than the text.
function widths.may_be_wide(rows)
  local columns = {}
  for _, row in ipairs(rows) do
    for at, cell in ipairs(row.cells) do
      columns[at] = math.max(columns[at] or 0, of_cell(cell))
    end
  end
  local total = 0
  for _, width in ipairs(columns) do
    total = total + width + GAP
  end
  return total > SURELY_FITS
end

return widths
