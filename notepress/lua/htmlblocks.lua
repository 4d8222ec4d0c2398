-- Blocks of raw HTML -> blocks of a document.

local boxes = require 'boxes'
local html = require 'html'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local htmlblocks = {}

local WORDLESS = { 'script', 'style', 'svg', 'head' }
-- Tags that pandoc's reader of HTML has no place for -> the divs that have.
local RENAMED = { details = 'npdetails', summary = 'npsummary' }
-- What keeps its attributes until it is converted.
local LINED = { img = true, a = true, tr = true }

local function only_newlines(text)
  return (text:gsub('[^\n]', ''))
end

local function newlines(text)
  return select(2, text:gsub('\n', ''))
end

-- A pattern for a name in upper or lower case.
local function any_case(name)
  return (name:gsub('%a', function(letter) return '[' .. letter:upper() .. letter .. ']' end))
end

-- Take out what holds no text for readers; comments without a word.
local function without_wordless(text, line)
  text = text:gsub('<!%-%-.-%-%->', only_newlines)
  for _, name in ipairs(WORDLESS) do
    local tag = any_case(name)
    text = text:gsub('()(<' .. tag .. '[%s>].-</' .. tag .. '%s*>)', function(at, all)
      html.dropped(name, nil, line and line + newlines(text:sub(1, at - 1)), false)
      return only_newlines(all)
    end)
  end
  return text
end

local function is_centred(rest)
  return rest:lower():find 'align%s*=%s*["\']?center' or rest:lower():find 'text%-align%s*:%s*center'
end

-- Rename tags, and say in those that can keep it on which line of the note they stand.
local function prepared(text, line)
  local here, from, centred = line, 1, false
  return (text:gsub('()<(/?)(%a[%w-]*)([^<>]*)>', function(at, slash, name, rest)
    here, from = here and here + newlines(text:sub(from, at - 1)), at
    name = name:lower()
    if name == 'p' and (slash == '' and is_centred(rest) or slash == '/' and centred) then
      centred = slash == ''
      return slash == '/' and '</div>' or '<div align="center">'
    elseif name == 'center' then
      return slash == '/' and '</div>' or '<div align="center">'
    elseif RENAMED[name] then
      return slash == '/' and '</div>' or '<div class="' .. RENAMED[name] .. '"' .. rest:gsub('%sclass=%S+', '') .. '>'
    elseif slash == '' and here and LINED[name] then
      local closing = rest:match '/%s*$' or ''
      return '<' .. name .. rest:sub(1, #rest - #closing) .. ' data-line="' .. math.tointeger(here) .. '"' .. closing .. '>'
    end
  end))
end

-- The converter's own positions inside an HTML block are lost: what has no line of its own belongs to its first one.
function htmlblocks.convert(block, line, context)
  -- Formulas stay placeholders, which HTML takes for letters.
  local text = without_wordless(block.text, line)
  if text:match '^%s*$' then
    return {}
  elseif text:match '^%s*<[^<>]*>%s*$' and not text:match '^%s*<[iIhH][mMrR]' then
    if text:lower():find('page-break', 1, true) or text:lower():find('break-after:page', 1, true) then
      return context.boxed and {} or { write.raw_block '\\newpage' }
    end
    return html.lone(placeholders.restore(text), line)
  end
  local page = text:lower():find 'page%-break%-%a+%s*:%s*always' and not context.boxed
  local inner = { unmarked = true, rows_marked = not context.unmarked, line = line, boxed = context.boxed }
  local blocks = walk.blocks(pandoc.read(prepared(text, line), 'html+raw_html').blocks, inner)
  if line and not context.unmarked and #blocks > 0 then
    blocks:insert(1, write.raw_block(positions.marker(line, true)))
  end
  if page then
    blocks:insert(write.raw_block '\\newpage')
  end
  return blocks
end

-- `<details>`, whose summary is its title.
function htmlblocks.details(div, line, context)
  local title = pandoc.Inlines { pandoc.Str '详情' }
  local first = div.content[1]
  if first and first.t == 'Div' and first.classes:includes 'npsummary' then
    title = walk.inlines(pandoc.utils.blocks_to_inlines(first.content), line)
    div.content:remove(1)
  end
  local inner = { unmarked = true, line = line, boxed = true }
  return boxes.box('note', title, walk.blocks(div.content, inner), not context.unmarked and line)
end

-- Whether a div is centred by its attributes.
function htmlblocks.is_centred(div)
  return div.attributes.align == 'center' or (div.attributes.style or ''):find 'text%-align%s*:%s*center' ~= nil
end

-- What follows is a place for links, where any leads to it.
function htmlblocks.with_anchor(ident, blocks)
  local anchor = html.anchor(ident)
  if anchor then
    blocks:insert(1, pandoc.Plain { anchor })
  end
  return blocks
end

return htmlblocks
