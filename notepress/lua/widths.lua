-- How wide the columns of a table may become, in em: enough to tell tables that fit anywhere from those TeX has to measure.

local note = require 'note'
local placeholders = require 'placeholders'

local widths = {}

-- The narrowest text, that of A5 in a box, has more.
local SURELY_FITS = 20
-- Between two columns.
local GAP = 1.2

-- A hanzi is an em wide, a letter about half of one; of a formula, commands are one sign each.
function widths.of_text(text)
  local _, wide = text:gsub('[\xE2-\xEF][\x80-\xBF][\x80-\xBF]', '')
  return wide + (#text - 3 * wide) * 0.55
end

local function of_formula(number)
  local source = note.formulas[tonumber(number) + 1] or ''
  return widths.of_text((source:gsub('\\%a+', 'xx')))
end

-- Markdown, in which a placeholder stands for each formula.
local function of_markdown(text)
  local width = 0
  text = text:gsub('\u{FDD0}(%d+)\u{FDD1}', function(number)
    width = width + of_formula(number)
    return ''
  end)
  return width + widths.of_text(placeholders.without_joiners(text)) + (text:find '!%[' and SURELY_FITS or 0)
end

local function of_contents(contents)
  local width = 0
  contents:walk {
    Str = function(str) width = width + of_markdown(str.text) end,
    Space = function() width = width + 0.3 end,
    Code = function(code) width = width + widths.of_text(code.text) end,
    Image = function() width = width + SURELY_FITS end,
  }
  return width
end

function widths.of_inline(inline)
  return of_contents(pandoc.Inlines { inline })
end

function widths.of_cell(cell)
  return of_contents(pandoc.Blocks(cell.contents))
end

local function together(columns)
  local total = 0
  for _, width in pairs(columns) do
    total = total + width + GAP
  end
  return total
end

-- Whether the columns of a pipe table may be wider than the text, from its lines: to look into its cells takes long.
function widths.lines_may_be_wide(lines)
  local columns = {}
  for _, line in ipairs(lines) do
    local at = 0
    for cell in line:gsub('\\|', '/'):gmatch '[^|]+' do
      at = at + 1
      columns[at] = math.max(columns[at] or 0, of_markdown(cell:match '^%s*(.-)%s*$'))
    end
  end
  return together(columns) > SURELY_FITS
end

-- The same of rows that have no lines of their own.
function widths.may_be_wide(rows)
  local columns = {}
  for _, row in ipairs(rows) do
    for at, cell in ipairs(row.cells) do
      columns[at] = math.max(columns[at] or 0, widths.of_cell(cell))
    end
  end
  return together(columns) > SURELY_FITS
end

return widths
