-- Tables -> longtables.

local crossrefs = require 'crossrefs'
local longcells = require 'longcells'
local note = require 'note'
local positions = require 'positions'
local walk = require 'walk'
local widths = require 'widths'
local write = require 'write'

local raw = write.raw

local tables = {}

local LETTERS = { AlignLeft = 'l', AlignRight = 'r', AlignCenter = 'c', AlignDefault = 'l' }

local function all_rows(block)
  local rows = pandoc.List {}
  rows:extend(block.head.rows)
  for _, body in ipairs(block.bodies) do
    rows:extend(body.head)
    rows:extend(body.body)
  end
  rows:extend(block.foot.rows)
  return rows
end

-- The lines of the text from `first` to `last`.
local function lines_between(first, last)
  local lines, number = {}, 0
  for line in (note.text .. '\n'):gmatch '(.-)\n' do
    number = number + 1
    if number > last then
      break
    elseif number >= first then
      lines[#lines + 1] = line
    end
  end
  return lines
end

-- A pipe table has a line for each row: the head's, that of the hyphens, and the others. Returns the first and all of
-- them; nothing for a table of HTML.
local function lines_of(block)
  local first, last
  for number in (block.attributes['data-pos'] or ''):gmatch '(%d+):%d+' do
    number = tonumber(number)
    first, last = math.min(first or number, number), math.max(last or number, number)
  end
  if first then
    return first, lines_between(first, last)
  end
end

-- The line of a row, by its place among the rows of a pipe table; in HTML it says so itself.
local function line_of_row(row, index, first, line)
  if first then
    local at = first + index - (index == 1 and 1 or 0)
    return math.tointeger(note.lines[at] or at)
  end
  return tonumber(row.attr and row.attr.attributes.line) or line
end

-- Whether each cell is one line of text, so that it can be broken as TeX finds best.
local function is_simple(rows)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      local first = cell.contents[1]
      if #cell.contents > 1 or first and first.t ~= 'Plain' and first.t ~= 'Para' then
        return false
      end
    end
  end
  return true
end

-- The longest word of some code, which breaks at spaces only.
local function longest_word(code)
  local longest = ''
  for word in code.text:gmatch '%S+' do
    longest = #word > #longest and word or longest
  end
  return pandoc.Code(longest)
end

-- What can't be broken tells TeX how narrow a column may become.
local function measurable(inlines)
  local out = pandoc.List {}
  for _, inline in ipairs(inlines) do
    if inline.t == 'LineBreak' then
      out:insert(raw '\\npcellbreak{}')
    elseif inline.t == 'Code' then
      out:extend { raw '\\npatleast{', longest_word(inline), raw '}', inline }
    elseif inline.t == 'Str' and #inline.text < 30 and inline.text:find '^[%w.,%%]+$' or inline.t == 'RawInline' and inline.text:find('^\u{FDD0}') then
      out:extend { raw '\\npwide{', inline, raw '}' }
    else
      out:insert(inline)
    end
  end
  return out
end

-- Of so many em, a quarter of TeX's largest length, a cell is measured as a paragraph.
local LONG = 400

local function has_long_lines(lines)
  for _, line in ipairs(lines or {}) do
    if #line > LONG then
      return true
    end
  end
  return not lines
end

-- The letter and the column of a cell that TeX may measure, and the column of the next; no letter where it spans several.
-- To be asked before its contents are touched: after that, all of them cross to Haskell for each of these.
local function place_of(cell, column, letters)
  local width = cell.col_span
  local aligned = cell.alignment
  local letter = aligned ~= 'AlignDefault' and LETTERS[tostring(aligned)] or letters[column] or 'l'
  return width == 1 and cell.row_span == 1 and letter or nil, column + width
end

-- Let TeX measure a cell, and break what does not fit.
local function measured_cell(content, column, letter, name)
  content = measurable(content)
  local marked = content[1].t == 'RawInline' and content[1].text:match '^%%[@\n]'
  content:insert(marked and 2 or 1, raw('\\' .. name .. '{' .. column .. '}{' .. letter .. '}'))
  content:insert(raw('\\' .. name .. 'end{}'))
  -- What a constructor is given crosses to Haskell at once, what is assigned with the whole table.
  local cell = pandoc.Plain {}
  cell.content = content
  return cell
end

local function letters_of(block)
  local letters = {}
  for at, spec in ipairs(block.colspecs) do
    letters[at] = LETTERS[tostring(spec[1])] or 'l'
  end
  return letters
end

-- The same of rows whose cells were long, and may be still.
local function measure_rows(rows, letters)
  for _, row in ipairs(rows) do
    local column = 1
    for _, cell in ipairs(row.cells) do
      local letter, following = place_of(cell, column, letters)
      local first = cell.contents[1]
      if first and letter then
        local name = widths.of_cell(cell) > LONG and 'nplongcell' or 'npcell'
        cell.contents[1] = measured_cell(first.content, column, letter, name)
      end
      column = following
    end
  end
end

-- Each cell of a row is of its line, and the first that has words says so in the LaTeX: on a line of its own. `late`
-- says that TeX would lose the footnotes in it, so they wait for the end of the table (see inlines.lua). With `letters`,
-- TeX is to measure the cells.
local function convert_row(row, line, context, late, letters)
  local silent = not line or context.unmarked and not context.rows_marked
  local column, letter, following = 1, nil, nil
  for at, cell in ipairs(row.cells) do
    if letters then
      letter, following = place_of(cell, column, letters)
    end
    local waiting = note.late_notes
    note.in_cell, note.late_notes = true, late or waiting
    local contents = walk.blocks(cell.contents, { unmarked = true, line = line })
    note.in_cell, note.late_notes = false, waiting
    local first = contents[1]
    if not silent and first and (first.t == 'Plain' or first.t == 'Para') then
      local before = (at > 1 or context.rows_marked) and '%\n' or ''
      first.content:insert(1, raw(before .. positions.marker(line, true) .. '\n'))
      silent = true
    end
    if first and letter then
      contents[1] = measured_cell(first.content, column, letter, 'npcell')
    end
    cell.contents, column = contents, following
  end
end

-- Whether TeX has to look at a table before it is set: where it may be wide, or a cell has several lines.
local function needs_measuring(rows, lines)
  if not lines then
    return widths.may_be_wide(rows)
  end
  return widths.lines_may_be_wide(lines) or table.concat(lines):find '<[bB][rR][%s/>]' ~= nil
end

-- What a longtable repeats on every page, and its caption, taken out: only the rows are left.
local function only_rows(latex)
  return (latex:gsub('\n\\end%a*head\n.-\n\\endlastfoot\n', '\n'):gsub('\n\\caption.-\\tabularnewline\n', '\n'))
end

-- An environment around the rows that are set first, for their widths.
local function trial(latex, measured)
  local open = measured and '{npmeasure}{' .. measured .. '}' or '{nptrial}'
  return '\\begin' .. open .. '\n' .. latex .. '\n\\end{' .. (measured and 'npmeasure' or 'nptrial') .. '}\n'
end

-- longtable learns the widths of its columns while it sets them, and sets the head first: without a pass before this
-- one the head is narrower than what stands below it. So the rows are set twice, the first time only for their widths.
local function with_widths(latex, measured, between)
  return trial(only_rows(latex), measured) .. (between and between .. '\n' or '') .. latex
end

-- Inside a frame there are no pages for a longtable to break at: the frame breaks between its rows. So its head is only
-- the first of them, and its last rule, which it would set at the end of a page, the last.
local function in_frame(latex, measured, between)
  local caption = latex:match '\n\\caption(.-)\\tabularnewline\n'
  local above = caption and between .. '\\npcaptionabove' .. caption .. '\n' or nil
  local rows = only_rows(latex):gsub('\n\\end{longtable}', '\n\\bottomrule\\noalign{}%0')
  return with_widths(rows, measured, above)
end

-- The caption carries the place that references lead to, and the number is set after the first of the two settings.
local function convert_caption(block, caption, line, context, measured)
  local own_line = tonumber(block.attributes['caption-line']) or line
  local waiting = note.late_notes
  note.late_notes = true
  local words = walk.blocks(caption.long, { unmarked = true, line = own_line })
  note.late_notes = waiting
  local ident = block.identifier
  local set = context.boxed and in_frame or with_widths
  block.attr = pandoc.Attr()
  if #words == 0 then
    return set(write.latex { block }, measured)
  end
  if note.labels[ident] then
    words[1].content:insert(1, raw('\\linedest{' .. crossrefs.dest_name(ident) .. '}'))
  end
  caption.long = words
  return set(write.latex { block }, measured, '\\setcounter{table}{' .. crossrefs.counter('tbl', ident) .. '}')
end

-- pandoc makes relative widths of the hyphens of a wide pipe table; content tells more.
local function without_widths(block)
  local specs = pandoc.List {}
  for _, spec in ipairs(block.colspecs) do
    specs:insert { spec[1] }
  end
  block.colspecs = specs
end

function tables.convert(block, line, context)
  local first, lines = lines_of(block)
  local rows, caption = all_rows(block), block.caption
  local simple = first or is_simple(rows)
  local measured = not note.unwritten and simple and needs_measuring(rows, lines) and #block.colspecs or nil
  if simple then
    without_widths(block)
  end
  local may_be_long = measured and has_long_lines(lines)
  local index = 0
  local noted = note.late_count
  local letters = measured and letters_of(block)
  local function convert_rows(list, late)
    for at, row in ipairs(list) do
      index = index + 1
      local own = line_of_row(row, index, first, line)
      convert_row(row, own, context, late, not may_be_long and letters)
      list[at] = row
    end
    if may_be_long then
      list = longcells.broken(list, #block.colspecs)
      measure_rows(list, letters)
    end
    return list
  end
  -- The head is repeated on every page.
  note.without_terms(function() block.head.rows = convert_rows(block.head.rows, true) end)
  for at, body in ipairs(block.bodies) do
    body.head, body.body = convert_rows(body.head, context.boxed), convert_rows(body.body, context.boxed)
    block.bodies[at] = body
  end
  block.foot.rows = convert_rows(block.foot.rows, true)
  line = line and first and line_of_row(nil, 1, first) or line
  local latex = convert_caption(block, caption, line, context, measured)
  -- Within a footnote they wait for its end.
  local notes = note.late_count > noted and not note.late_notes and '\n\\nplatenotes' or ''
  local out = { write.raw_block(latex .. notes) }
  if line and not context.unmarked then
    table.insert(out, 1, write.raw_block(positions.marker(line, true)))
  end
  return out
end

return tables
