-- Tables -> longtables.

local crossrefs = require 'crossrefs'
local note = require 'note'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local tables = {}

-- `late` says that TeX would lose the footnotes in these rows, so they wait for the end of the table (see inlines.lua).
local function convert_cells(rows, line, late)
  note.late_notes = late
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      cell.contents = walk.blocks(cell.contents, { unmarked = true, line = line })
    end
  end
  note.late_notes = false
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

-- Inside a frame there are no pages for a longtable to break at: the frame breaks between its rows. So its head is only
-- the first of them, and its last rule, which it would set at the end of a page, the last.
local function in_frame(latex, between)
  local caption = latex:match '\n\\caption(.-)\\tabularnewline\n'
  local above = caption and between .. '\\captionof{table}' .. caption .. '\n' or nil
  local rows = only_rows(latex):gsub('\n\\end{longtable}', '\n\\bottomrule\\noalign{}%0')
  return with_widths(rows, above)
end

-- The caption carries the place that references lead to, and the number is set after the first of the two settings.
local function convert_caption(block, line, context)
  local own_line = tonumber(block.attributes['caption-line']) or line
  note.late_notes = true
  local caption = walk.blocks(block.caption.long, { unmarked = true, line = own_line })
  note.late_notes = false
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
  local noted = note.late_count
  -- The head is repeated on every page.
  note.without_terms(function() convert_cells(block.head.rows, line, true) end)
  for _, body in ipairs(block.bodies) do
    convert_cells(body.head, line, context.boxed)
    convert_cells(body.body, line, context.boxed)
  end
  convert_cells(block.foot.rows, line, true)
  local latex = convert_caption(block, line, context)
  local out = { write.raw_block(note.late_count > noted and latex .. '\n\\nplatenotes' or latex) }
  if line and not context.unmarked then
    table.insert(out, 1, write.raw_block(positions.marker(line, true)))
  end
  return out
end

return tables
