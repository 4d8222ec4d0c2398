-- Quotes, callouts and what else stands in a box of its own. Boxes come from blocksyntax.py as divs: `kind`, whether
-- the first paragraph is the title (`titled`), and whether a heading after it takes its place (`heading`).

local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local boxes = {}

-- The block itself where a div only carries its position.
local function unwrapped(block)
  if block and block.t == 'Div' and block.attributes.wrapper and #block.content == 1 then
    return block.content[1]
  end
  return block
end

-- `title` is inlines that are converted already. The title stands on a line of its own, so that it has marks.
function boxes.box(kind, title, content, line)
  local out = pandoc.Blocks {}
  if line then
    out:insert(write.raw_block(positions.marker(line, true)))
  end
  local opening = pandoc.Inlines { write.raw('\\begin{callout}{' .. kind .. '}{') }
  opening:extend(title)
  opening:insert(write.raw('}'))
  out:insert(pandoc.Plain(opening))
  out:extend(content)
  out:insert(write.raw_block '\\end{callout}')
  return out
end

-- Take the title from the front of a div's content.
function boxes.take_title(div, line)
  if not div.attributes.titled then
    return pandoc.Inlines {}
  end
  local title = unwrapped(div.content[1])
  div.content:remove(1)
  local heading = div.attributes.heading and unwrapped(div.content[1])
  if heading and heading.t == 'Header' then
    div.content:remove(1)
    title = heading
  end
  return title and title.content and walk.inlines(title.content, line) or pandoc.Inlines {}
end

function boxes.callout(div, line, context)
  line = tonumber(div.attributes.at) or line
  local title = boxes.take_title(div, line)
  local inner = { unmarked = context.unmarked, line = context.line, boxed = true }
  return boxes.box(div.attributes.kind, title, walk.blocks(div.content, inner), not context.unmarked and line)
end

function boxes.centered(div, _, context)
  local out = pandoc.Blocks { write.raw_block '\\begin{center}' }
  out:extend(walk.blocks(div.content, context))
  out:insert(write.raw_block '\\end{center}')
  return out
end

-- A quote with who said it, which came as its title.
function boxes.attributed(div, line, context)
  line = tonumber(div.attributes.at) or line
  local said = boxes.take_title(div, line)
  local content = walk.blocks(div.content, { unmarked = context.unmarked, line = context.line, boxed = true })
  if #said > 0 then
    content:insert(pandoc.Para(pandoc.Inlines { write.raw '\\attribution{' } .. said .. { write.raw '}' }))
  end
  return { pandoc.BlockQuote(content) }
end

function boxes.centred_quote(div, line, context)
  return { pandoc.BlockQuote(boxes.centered(div, line, context)) }
end

-- What stands around tabs, or in a tag that nobody knows: its words in bold, and what it holds.
function boxes.tagged(div, line, context)
  line = tonumber(div.attributes.at) or line
  local title = boxes.take_title(div, line)
  local content = walk.blocks(div.content, context)
  if #title > 0 then
    local words = pandoc.Inlines { write.raw '\\noindent ' }
    if line and not context.unmarked then
      words:insert(1, write.raw(positions.marker(line, true) .. '\n'))
    end
    content:insert(1, pandoc.Para(words .. { pandoc.Strong(title) }))
  end
  return content
end

-- A quote that is one callout is that callout.
function boxes.quote(block, context)
  local only = #block.content == 1 and block.content[1]
  if only and only.t == 'Div' and only.attributes.at then
    return walk.blocks(block.content, context)
  end
  block.content = walk.blocks(block.content, { unmarked = context.unmarked, line = context.line, boxed = true })
  return { block }
end

return boxes
