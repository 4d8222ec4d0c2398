-- A row with a cell as high as a page -> several rows, between which a page may end: TeX breaks no row.

local widths = require 'widths'

local longcells = {}

-- What half a page holds of a cell, in em, where it has the whole width.
local HALF_A_PAGE = 700
-- The least that is worth a row of its own.
local LEAST = 60

local CONTAINERS = { Strong = true, Emph = true, Span = true, Strikeout = true, Underline = true }

-- The end of the first sentence that ends behind `from`, in bytes; else of the first clause, else of the next hanzi.
local function cut_of(text, from)
  local window = text:sub(1, utf8.offset(text, 40, from) or #text)
  for _, sign in ipairs { '。', '；', '，', ' ' } do
    local _, to = window:find(sign, from, true)
    if to then
      return to
    end
  end
  return from - 1
end

-- Cut a text into pieces of about `limit` em; `room` is what is left for the first of them.
local function cut_text(text, limit, room)
  local pieces = {}
  while widths.of_text(text) > room do
    -- A hanzi is three bytes and an em.
    local from = utf8.offset(text, math.max(math.floor(room), 1)) or #text + 1
    local to = from <= #text and cut_of(text, from) or #text
    if to < 1 or to >= #text then
      break
    end
    pieces[#pieces + 1], text, room = text:sub(1, to), text:sub(to + 1), limit
  end
  pieces[#pieces + 1] = text
  return pieces
end

-- Cut inlines into lists of about `limit` em each. What raw LaTeX opens and another closes stays together.
local function cut(inlines, limit)
  local lists, list, room, depth = {}, pandoc.Inlines {}, limit, 0
  local function next_list()
    lists[#lists + 1] = list
    list, room = pandoc.Inlines {}, limit
  end
  for _, inline in ipairs(inlines) do
    local pieces = { inline }
    if inline.t == 'RawInline' then
      local _, opened = inline.text:gsub('{', '')
      local _, closed = inline.text:gsub('}', '')
      depth = depth + opened - closed
    elseif depth == 0 and inline.t == 'Str' then
      pieces = cut_text(inline.text, limit, room)
      for at, text in ipairs(pieces) do
        pieces[at] = pandoc.Str(text)
      end
    elseif depth == 0 and CONTAINERS[inline.t] then
      for at, content in ipairs(cut(inline.content, limit)) do
        pieces[at] = inline:clone()
        pieces[at].content = content
      end
    end
    for at, piece in ipairs(pieces) do
      if depth == 0 and (at > 1 or room <= 0) and #list > 0 then
        next_list()
      end
      list:insert(piece)
      room = room - widths.of_inline(piece)
    end
  end
  lists[#lists + 1] = list
  return lists
end

-- A row like another, with nothing in it.
local function empty_row(row)
  local cells = pandoc.List {}
  for at, cell in ipairs(row.cells) do
    cells[at] = pandoc.Cell({}, cell.alignment)
  end
  return pandoc.Row(cells)
end

local function cut_row(row, limit)
  local rows = pandoc.List { row }
  for at, cell in ipairs(row.cells) do
    local first = cell.contents[1]
    if first and #cell.contents == 1 and widths.of_cell(cell) > 1.5 * limit then
      for number, content in ipairs(cut(first.content, limit)) do
        rows[number] = rows[number] or empty_row(row)
        rows[number].cells[at].contents = { pandoc.Plain(content) }
      end
    end
  end
  return rows
end

-- The rows of a table in which no row is as high as a page; `columns` is how many share the line.
function longcells.broken(rows, columns)
  local limit = math.max(HALF_A_PAGE / columns, LEAST)
  local out = pandoc.List {}
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      if cell.row_span > 1 or cell.col_span > 1 then
        return rows
      end
    end
    out:extend(cut_row(row, limit))
  end
  return out
end

return longcells
