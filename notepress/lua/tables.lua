-- Tables -> longtables.

local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local tables = {}

local function convert_cells(rows, line)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      cell.contents = walk.blocks(cell.contents, { unmarked = true, line = line })
    end
  end
end

-- pandoc gives a pipe table the position of its second line; the cells of the head know better.
local function first_line(block, line)
  for _, row in ipairs(block.head.rows) do
    for _, cell in ipairs(row.cells) do
      pandoc.Div(cell.contents):walk { Span = function(span) line = math.min(line or 1, positions.line_of(span) or line) end }
    end
  end
  return line
end

-- longtable learns the widths of its columns while it sets them, and sets the head first: without a pass before this
-- one the head is narrower than what stands below it. So the rows are set twice, the first time only for their widths.
local function with_widths(latex)
  local trial = latex:gsub('\n\\end%a*head\n.-\n\\endlastfoot\n', '\n'):gsub('\n\\caption.-\\tabularnewline\n', '\n')
  return '\\begin{nptrial}\n' .. trial .. '\n\\end{nptrial}\n' .. latex
end

function tables.convert(block, line, context)
  line = line and first_line(block, line)
  convert_cells(block.head.rows, line)
  for _, body in ipairs(block.bodies) do
    convert_cells(body.head, line)
    convert_cells(body.body, line)
  end
  convert_cells(block.foot.rows, line)
  block.caption.long = walk.blocks(block.caption.long, { unmarked = true, line = line })
  block.attr = pandoc.Attr()
  local out = { write.raw_block(with_widths(write.latex { block })) }
  if line and not context.unmarked then
    table.insert(out, 1, write.raw_block(positions.marker(line, true)))
  end
  return out
end

return tables
