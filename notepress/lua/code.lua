-- Blocks of code.

local crossrefs = require 'crossrefs'
local languages = require 'languages'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local code = {}

local MERMAID = 'mmdc -i figure.mmd -o figure.svg (npm: @mermaid-js/mermaid-cli)'
local PLANTUML = 'plantuml -tsvg figure.puml'
local GRAPHVIZ = 'dot -Tsvg figure.dot -o figure.svg'
-- Languages that other tools draw, and how to draw them for good.
local DIAGRAMS = {
  mermaid = MERMAID, plantuml = PLANTUML, puml = PLANTUML, uml = PLANTUML, dot = GRAPHVIZ, graphviz = GRAPHVIZ,
  d2 = 'd2 figure.d2 figure.svg', tikz = 'the picture in a file of its own, figure.tikz', flow = MERMAID, flowchart = MERMAID,
  sequence = MERMAID, seq = MERMAID, gantt = MERMAID, markmap = '', mindmap = '', echarts = '', ['vega-lite'] = '', vega = '',
  wavedrom = '', ditaa = '', nomnoml = '', svgbob = '', pikchr = '', excalidraw = '', chart = '',
}

-- Whether there is something to say of a block of code.
function code.is_event(block)
  return DIAGRAMS[block.classes[1] or ''] ~= nil or DIAGRAMS[block.classes[2] or ''] ~= nil or placeholders.found(block.text)
end

local function hint_of(language)
  local how = DIAGRAMS[language]
  local draw = how == '' and 'save the drawing as SVG' or how
  return draw .. '; then show it: ![title](figure.' .. (language == 'tikz' and 'tikz' or 'svg') .. ')'
end

local function words_of(text)
  return pandoc.Inlines { pandoc.Str(placeholders.restore(text)) }
end

-- What stands above a block of code: as a listing its number and caption, and the name of its file.
local function title_of(block, line)
  local entry = note.labels[block.identifier]
  local caption, title = block.attributes.caption, block.attributes.title
  local content = pandoc.Inlines {}
  if entry and entry.prefix == 'lst' then
    -- Without a caption of its own, a listing has its title for one.
    caption, title = caption or title, caption and title
    local below = note.listed[block.identifier]
    content:insert(write.raw('\\codecaption{\\linedest{' .. crossrefs.dest_name(block.identifier) .. '}代码~' .. entry.number .. '}{'))
    content:extend(below and walk.inlines(below, line) or words_of(caption or ''))
    content:insert(write.raw '}{')
    content:extend(words_of(title or ''))
  elseif title then
    content:insert(write.raw '\\codetitle{')
    content:extend(words_of(title))
  else
    return nil
  end
  content:insert(write.raw '}')
  return pandoc.Plain(content)
end

-- TeX keeps a line of code in one box before it breaks it, and no box is longer than 5.7 m. What is longer (data in
-- Base64, programs made by programs) goes on in a line of its own, marked as a broken line is.
local LONGEST = 1500

local function cut(text)
  local made = pandoc.List {}
  for one in (text .. '\n'):gmatch '(.-)\n' do
    while #one > LONGEST and utf8.len(one) and utf8.len(one) > LONGEST // 2 do
      local at = utf8.offset(one, LONGEST // 2 + 1)
      made:insert(one:sub(1, at - 1))
      one = '↪ ' .. one:sub(at)
    end
    made:insert(one)
  end
  return table.concat(made, '\n')
end

-- Code as ordinary lines: TeX has read the argument of a command, as a footnote or a cell is, before it could be told
-- that what is in it stands for itself.
local function as_lines(block, title)
  local content = pandoc.Inlines { write.raw '\\npcodelines{}' }
  content:extend(title and title.content or {})
  local first = true
  for one in (block.text .. '\n'):gmatch '(.-)\n' do
    if not first then
      content:insert(pandoc.LineBreak())
    end
    first = false
    local spaces, rest = one:gsub('\t', '    '):match '^( *)(.*)$'
    -- A line without anything has an invisible character, or TeX would find none to end.
    content:insert(pandoc.Code(('\u{a0}'):rep(math.max(#spaces, rest == '' and 1 or 0))))
    content:extend(walk.code(rest))
  end
  return pandoc.Blocks { write.raw_block '{', pandoc.Para(content), write.raw_block '}' }
end

function code.convert(block, line, context)
  line = positions.line_of_code(block) or line
  local numbered = block.classes:includes 'numberLines'
  -- pandoc puts the language behind what stands in braces.
  local language = pandoc.List(block.classes):find_if(function(class) return class ~= 'numberLines' end)
  if DIAGRAMS[language or ''] then
    note.notice('info', 'diagram-as-code', 'this ' .. language .. ' diagram is printed as its source', line,
      hint_of(language), language)
  end
  local title = title_of(block, line)
  block.text = placeholders.restore(block.text)
  if note.in_cell or note.in_footnote then
    return as_lines(block, title)
  end
  block.text = #block.text > LONGEST and cut(block.text) or block.text
  local classes = pandoc.List { language and languages.name_of(language) }
  if numbered then
    classes:insert 'numberLines'
  end
  block.attr = pandoc.Attr('', classes, { startFrom = block.attributes.startFrom })
  local out = pandoc.Blocks { write.raw_block('\\begin{codebox}') }
  if title then
    out:insert(title)
  end
  out:extend { block, write.raw_block('\\end{codebox}') }
  if line and not context.unmarked then
    -- \begin{codebox}, a blank line, \begin{…} and for some \begin{Shaded} stand above the code.
    out:insert(1, write.raw_block(positions.marker(line, true)))
  end
  return out
end

return code
