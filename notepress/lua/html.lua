-- Raw HTML -> what it means in a document.

local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local raw = write.raw

local html = {}

-- HTML that has a twin in the document; content between the tags is Markdown and already parsed.
function html.underlined(content)
  return pandoc.Inlines { raw '\\underlined{' } .. content .. { raw '}' }
end

function html.struck(content)
  return pandoc.Inlines { raw '\\strikethrough{' } .. content .. { raw '}' }
end

function html.marked(content)
  return pandoc.Inlines { raw '\\marked{' } .. content .. { raw '}' }
end

local PAIRS = {
  sub = pandoc.Subscript, sup = pandoc.Superscript, b = pandoc.Strong, strong = pandoc.Strong, i = pandoc.Emph,
  em = pandoc.Emph, u = html.underlined, ins = html.underlined, s = html.struck, del = html.struck,
  strike = html.struck,
  kbd = function(content) return pandoc.Inlines { raw '\\kbd{' } .. content .. { raw '}' } end,
  mark = html.marked,
}
-- Tags whose own meaning is only layout: dropping the tag loses nothing of the text.
local PLAIN = { span = true, font = true, center = true, div = true, p = true, a = true, small = true, big = true,
  details = true, summary = true, figure = true, figcaption = true, code = true, tt = true, abbr = true }

local function tag_of(inline)
  if inline.t ~= 'RawInline' or inline.format ~= 'html' then
    return nil
  end
  local slash, name = inline.text:match '^<(/?)(%a[%w-]*)'
  return name and name:lower(), slash == '/'
end

local function closing_tag(inlines, from, name)
  local depth = 0
  for index = from, #inlines do
    local other, closes = tag_of(inlines[index])
    if other == name then
      depth = depth + (closes and -1 or 1)
      if depth == 0 then
        return index
      end
    end
  end
end

-- Turn the raw HTML at `index` into document content; returns it and the index to go on from.
function html.inline(inlines, index, line)
  local inline = inlines[index]
  local name, closes = tag_of(inline)
  local text = placeholders.restore(inline.text)
  if not name then
    if not text:match '^<!%-%-' then
      note.notice('warning', 'html-dropped', 'HTML that has no place in print: ' .. text, line)
    end
    return {}, index + 1
  elseif name == 'br' then
    return { pandoc.LineBreak() }, index + 1
  elseif name == 'img' then
    local blocks = pandoc.read(text, 'html').blocks
    return walk.inlines(pandoc.utils.blocks_to_inlines(blocks), line), index + 1
  end
  local last = not closes and PAIRS[name] and closing_tag(inlines, index, name)
  if last then
    local content = pandoc.Inlines { table.unpack(inlines, index + 1, last - 1) }
    local made = PAIRS[name](walk.inlines(content, line))
    return pandoc.utils.type(made) == 'Inline' and { made } or made, last + 1
  end
  if not PLAIN[name] and not PAIRS[name] then
    note.notice('warning', 'html-dropped', 'HTML tag <' .. name .. '> has no place in print; its text is kept', line)
  end
  return {}, index + 1
end

-- The converter's own positions inside an HTML block are lost: all of it belongs to its first line.
function html.block(block, line)
  -- Formulas stay placeholders, which HTML takes for letters.
  local text = block.text
  if text:match '^%s*<!%-%-' or text:match '^%s*</' then
    return {}
  end
  local inner = { unmarked = true, line = line }
  local blocks = walk.blocks(pandoc.read(text, 'html').blocks, inner)
  if line then
    table.insert(blocks, 1, write.raw_block(positions.marker(line, true)))
  end
  return blocks
end

return html
