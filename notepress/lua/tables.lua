-- Tables -> longtables.

local crossrefs = require 'crossrefs'
local note = require 'note'
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

-- What a longtable repeats on every page, and its caption, taken out: only the rows are left.
local function only_rows(latex)
  return (latex:gsub('\n\\end%a*head\n.-\n\\endlastfoot\n', '\n'):gsub('\n\\caption.-\\tabularnewline\n', '\n'))
end

-- longtable learns the widths of its columns while it sets them, and sets the head first: without a pass before this
-- one the head is narrower than what stands below it. So the rows are set twice, the first time only for their widths.
local function with_widths(latex, between)
  local trial = only_rows(latex)
  return '\\begin{nptrial}\n' .. trial .. '\n\\end{nptrial}\n' .. (between and between .. '\n' or '') .. latex
end

-- Inside a frame there are no pages for a longtable to break at, and it would lose its last rule.
local function in_frame(latex, between)
  local caption = latex:match '\n\\caption(.-)\\tabularnewline\n'
  local rows = only_rows(latex):gsub('\\begin{longtable}%[%]', '\\begin{tabular}')
    :gsub('\\end{longtable}', '\\bottomrule\\noalign{}\n\\end{tabular}')
  local above = caption and between .. '\\captionof{table}' .. caption .. '\n' or ''
  return '\\begin{center}\\tablelook\n' .. above .. '\\adjustbox{max width=\\linewidth}{%\n' .. rows .. '}\n\\end{center}'
end

-- The caption carries the place that references lead to, and the number is set after the first of the two settings.
local function convert_caption(block, line, context)
  local own_line = tonumber(block.attributes['caption-line']) or line
  local caption = walk.blocks(block.caption.long, { unmarked = true, line = own_line })
  local ident = block.identifier
  local set = context.boxed and in_frame or with_widths
  block.attr = pandoc.Attr()
  if #caption == 0 then
    return set(write.latex { block })
  end
  if note.labels[ident] then
    caption[1].content:insert(1, write.raw('\\linedest{' .. crossrefs.dest_name(ident) .. '}'))
  end
  block.caption.long = caption
  return set(write.latex { block }, '\\setcounter{table}{' .. crossrefs.counter('tbl', ident) .. '}')
end

function tables.convert(block, line, context)
  line = line and first_line(block, line)
  convert_cells(block.head.rows, line)
  for _, body in ipairs(block.bodies) do
    convert_cells(body.head, line)
    convert_cells(body.body, line)
  end
  convert_cells(block.foot.rows, line)
  local out = { write.raw_block(convert_caption(block, line, context)) }
  if line and not context.unmarked then
    table.insert(out, 1, write.raw_block(positions.marker(line, true)))
  end
  return out
end

return tables
