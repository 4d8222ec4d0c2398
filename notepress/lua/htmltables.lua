-- Tables of HTML with blank lines in them: to CommonMark they are pieces of HTML with blocks of Markdown between them.
-- They become one piece, in which a div stands for each block until its cell is converted.

local note = require 'note'
local positions = require 'positions'

local htmltables = {}

local HELD = 'npheld'
local PARTS = { table = true, thead = true, tbody = true, tfoot = true, tr = true, td = true, th = true, caption = true }

local function inner(block)
  if block.t == 'Div' and block.attributes.wrapper and #block.content == 1 then
    return block.content[1]
  end
  return block
end

-- How many tables more a text opens than it closes.
local function opened(text)
  local _, opening = text:gsub('<[tT][aA][bB][lL][eE][%s>]', '')
  local _, closing = text:gsub('</[tT][aA][bB][lL][eE]%s*>', '')
  return opening - closing
end

-- The tag of a part of a table that an inline is.
local function part_in(inline)
  inline = inline.t == 'Span' and #inline.content == 1 and inline.content[1] or inline
  local name = inline.t == 'RawInline' and inline.format == 'html' and inline.text:match '^</?(%a+)[%s>]'
  return name and PARTS[name:lower()] and inline.text
end

-- A paragraph at the tags of parts of tables in it: text of tags and blocks in turn; nil where there are none.
local function split(block)
  local made, run = {}, pandoc.Inlines {}
  for _, inline in ipairs(block.content) do
    local tag = part_in(inline)
    if not tag then
      run:insert(inline)
    else
      made[#made + 1] = #run > 0 and pandoc.Plain(run) or nil
      made[#made + 1], run = tag, pandoc.Inlines {}
    end
  end
  if #made == 0 then
    return nil
  end
  made[#made + 1] = #run > 0 and pandoc.Plain(run) or nil
  return made
end

-- The pieces of a table that begins with block `first`, as one text, and the last of its blocks; nil where it never ends.
local function collected(blocks, first)
  local pieces, depth, held = {}, 0, {}
  local start = positions.line_of(blocks[first]) or 1
  local lines = start
  local function add(text)
    pieces[#pieces + 1] = text
    lines = lines + select(2, text:gsub('\n', ''))
  end
  for index = first, #blocks do
    local block = inner(blocks[index])
    local line = positions.line_of(blocks[index]) or lines
    add(('\n'):rep(math.max(line - lines, index > first and 1 or 0)))
    if block.t == 'RawBlock' and block.format == 'html' then
      add(block.text)
      depth = depth + opened(block.text)
    else
      local parts = (block.t == 'Para' or block.t == 'Plain') and split(block)
      for _, part in ipairs(parts or { blocks[index] }) do
        if type(part) == 'string' then
          add(part)
          depth = depth + opened(part)
        else
          -- What was split has its line from where it stands.
          held[#held + 1] = parts and pandoc.Div({ part }, blocks[index].attr) or part
          add('<div class="' .. HELD .. '" data-held="' .. #note.held + #held .. '"></div>')
        end
      end
    end
    if depth <= 0 then
      note.held:extend(held)
      return table.concat(pieces), index
    end
  end
end

local function gathered(blocks)
  local out, index = pandoc.Blocks {}, 1
  while index <= #blocks do
    local block = inner(blocks[index])
    local text, last
    if block.t == 'RawBlock' and block.format == 'html' and opened(block.text) > 0 then
      text, last = collected(blocks, index)
    end
    if text then
      local whole = pandoc.RawBlock('html', text)
      out:insert(pandoc.Div({ whole }, pandoc.Attr('', {}, { wrapper = '1', ['data-pos'] = blocks[index].attributes['data-pos'] })))
      index = last + 1
    else
      out:insert(blocks[index])
      index = index + 1
    end
  end
  return out
end

-- Put the pieces of each table together, at any depth.
function htmltables.gather(blocks)
  return gathered(blocks:walk { Blocks = gathered })
end

-- The block that a div stands for; nil where it is another div.
function htmltables.held(div)
  return div.classes:includes(HELD) and note.held[tonumber(div.attributes.held or div.attributes['data-held'])] or nil
end

return htmltables
