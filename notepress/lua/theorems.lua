-- Theorems, definitions, proofs and their like: `::: {#thm-x}`, `::: {.definition name="…"}` -> npblock.

local boxes = require 'boxes'
local crossrefs = require 'crossrefs'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local theorems = {}

local TITLE = 'npblock-title'

local CLASSES = {}
for _, kind in pairs(crossrefs.BLOCKS) do
  CLASSES[kind.class] = kind
end

-- What kind of block a Div is: by its id, else by its first class that names one.
local function kind_of(div)
  local kind = crossrefs.BLOCKS[crossrefs.prefix_of(div.identifier)]
  for _, class in ipairs(div.classes) do
    kind = kind or CLASSES[class]
  end
  return kind
end

theorems.kind_of = kind_of

local function inner(block)
  return block and block.t == 'Div' and block.attributes.wrapper and block.content[1] or block
end

-- A heading that opens a block is its title, no heading of the note.
function theorems.prepare(blocks)
  return blocks:walk {
    Div = function(div)
      if div.attributes.wrapper then
        return nil
      end
      local heading = inner(div.content[1])
      if not heading or heading.t ~= 'Header' or not kind_of(div) then
        return nil
      end
      div.content[1] = pandoc.Plain { pandoc.Span(heading.content, pandoc.Attr('', { TITLE })) }
      return div
    end,
  }
end

local function title_of(div, line)
  if div.attributes.titled then
    return boxes.take_title(div, line)
  end
  local first = div.content[1]
  local span = first and first.t == 'Plain' and first.content[1]
  if span and span.t == 'Span' and span.classes:includes(TITLE) then
    div.content:remove(1)
    return walk.inlines(span.content, line)
  end
  local name = div.attributes.name or div.attributes.title or ''
  return placeholders.prose(name, function() return {} end)
end

-- A proof ends with a tombstone: at the end of its last line where that is text.
local function with_tombstone(blocks)
  local last = blocks[#blocks]
  local text = last and (last.t == 'Para' or last.t == 'Plain') and last.content[#last.content]
  if text and text.t ~= 'Math' then
    last.content:insert(write.raw('\\tombstone{}'))
    blocks[#blocks] = last
  else
    blocks:insert(pandoc.Para { write.raw('\\tombstone{}') })
  end
  return blocks
end

-- The name of the block begins its first paragraph; where the block begins otherwise, it has a line of its own.
local function with_head(blocks)
  local first = blocks[1]
  local head = write.raw('\\npblockhead{}')
  if first and first.t == 'Para' then
    local marked = first.content[1] and first.content[1].t == 'RawInline' and first.content[1].text:match '^%%@'
    first.content:insert(marked and 2 or 1, head)
    blocks[1] = first
  else
    blocks:insert(1, pandoc.Para { head })
  end
  return blocks
end

function theorems.convert(div, line, context)
  local kind = kind_of(div)
  line = tonumber(div.attributes.at) or line
  local title = write.inlines(title_of(div, line))
  local entry = note.labels[div.identifier]
  local label = entry and entry.number and kind.name .. '~' .. entry.number or kind.name
  local dest = entry and '\\linedest{' .. crossrefs.dest_name(div.identifier) .. '}' or ''
  local open = '\\begin{npblock}{' .. kind.class .. '}{' .. dest .. label .. '}{' .. title:gsub('%s*\n%s*', ' ') .. '}'
  local content = with_head(walk.blocks(div.content, { unmarked = context.unmarked, line = context.line, boxed = true }))
  if kind.class == 'proof' then
    content = with_tombstone(content)
  end
  content:insert(1, write.raw_block(open))
  if line and not context.unmarked then
    content:insert(1, write.raw_block(positions.marker(line, true)))
  end
  content:insert(write.raw_block('\\end{npblock}'))
  return content
end

return theorems
