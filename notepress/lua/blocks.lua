-- Blocks of pandoc -> blocks with marks for the source map.

local boxes = require 'boxes'
local code = require 'code'
local crossrefs = require 'crossrefs'
local htmlblocks = require 'htmlblocks'
local htmltables = require 'htmltables'
local inlines = require 'inlines'
local mathtext = require 'mathtext'
local note = require 'note'
local paragraphs = require 'paragraphs'
local placeholders = require 'placeholders'
local positions = require 'positions'
local tables = require 'tables'
local theorems = require 'theorems'
local walk = require 'walk'
local write = require 'write'

local raw = write.raw

-- Text that is only a file name, or what editors put there, is no caption.
local function caption_of(image)
  local text = pandoc.utils.stringify(image.caption)
  if text:match '^[%w%p]*$' or inlines.is_filler(image.caption) then
    return nil
  end
  return image.caption
end

-- The first inline and its tag, out of the span that says where it stands.
local function first_of(content)
  local first = content[1]
  local tag = first and first.t
  if tag == 'Span' then
    first = first.content[1]
    tag = first and first.t
  end
  return first, tag
end

local function only_image(content)
  -- To look at all of a paragraph takes long. An image and its span, and what an attribute may leave behind it; or the
  -- `!` of `![[name|text]]`, which may be many words.
  local first, tag = first_of(content)
  if not (tag == 'Image' and #content <= 3 or tag == 'Str' and note.has_brackets and first.text:sub(1, 1) == '!') then
    return nil
  end
  local flat = inlines.flatten(content)
  return #flat == 1 and flat[1].t == 'Image' and flat[1] or nil
end

local function has_label(image)
  return crossrefs.prefix_of(image.identifier) == 'fig'
end

-- The image of a paragraph that becomes a figure with a caption, and so has a number.
local function figure_in(content)
  local image = only_image(content)
  return image and (has_label(image) or caption_of(image)) and image or nil
end

local function figure(image, line)
  local dest = has_label(image) and '\\blockdest{' .. crossrefs.dest_name(image.identifier) .. '}' or ''
  local out = pandoc.Inlines { raw('\\begin{notefigure}' .. dest .. '\n'), inlines.image(image, line), raw '\n' }
  local labelled = has_label(image)
  local caption = caption_of(image)
  if caption or labelled then
    out:insert(raw('\\setcounter{figure}{' .. crossrefs.counter('fig', image.identifier) .. '}\\caption{'))
    local noted, waiting = note.late_count, note.late_notes
    note.late_notes = true
    out:extend(walk.inlines(caption or {}, line))
    note.late_notes = waiting
    out:insert(raw(note.late_count > noted and not waiting and '}\\nplatenotes{}\n' or '}\n'))
  end
  out:insert(raw '\\end{notefigure}')
  return pandoc.Plain(out)
end

-- What a paragraph that holds only places for links becomes: these, and no empty line.
local function only_places(content)
  local places = ''
  for _, inline in ipairs(content) do
    local dest = inline.t == 'RawInline' and inline.text:match '^\\linedest(%b{})$'
    if not dest and inline.t ~= 'SoftBreak' then
      return nil
    end
    places = places .. (dest and '\\blockdest' .. dest or '')
  end
  return places ~= '' and places or nil
end

local function convert_paragraph(block, line, context)
  local image = not context.unmarked and only_image(block.content)
  if image then
    return { write.raw_block(positions.marker(line, true)), figure(image, line) }
  end
  if paragraphs.breaks_page(block.content) then
    return paragraphs.page_break(context)
  end
  note.lines_shifted = false
  -- Of cells the words are looked at again.
  local content = walk.inlines(block.content, line, not note.in_cell)
  if block.t == 'Para' then
    content = paragraphs.indented(content)
  end
  local place = only_places(content)
  if place then
    return { write.raw_block(place) }
  end
  if line and not context.unmarked then
    content:insert(1, raw(positions.marker(line) .. '\n'))
  end
  block.content = content
  return { block }
end

local function without_notes(inlines)
  if not note.has_footnotes and not note.has_brackets then
    return inlines
  end
  return pandoc.Inlines(inlines):walk { Note = function() return {} end }
end

local function convert_heading(block, line)
  if line == note.headline then
    return {}
  end
  note.lines_shifted = false
  local content = note.without_terms(function() return walk.inlines(block.content, line) end)
  block.identifier = placeholders.without_joiners(block.identifier)
  local plain = without_notes(pandoc.Inlines((inlines.flatten(block.content))))
  note.headings:insert {
    level = block.level - note.shift, text = placeholders.restore(pandoc.utils.stringify(plain), mathtext.of),
    latex = write.inlines(without_notes(content)), ident = block.identifier, line = line or 1,
  }
  content:insert(1, raw('\\headingdest{' .. inlines.dest_name(block.identifier) .. '}'))
  local heading = pandoc.Header(block.level - note.shift, content, pandoc.Attr(block.identifier))
  return { write.raw_block(positions.marker(line, true)), heading }
end

-- With positions, pandoc reads the box of a task as a paragraph of its own.
local function join_checkbox(blocks)
  local box, text = blocks[1], blocks[2]
  local name = box and box.t == 'Plain' and pandoc.utils.stringify(box.content):match '^[☐☒]+%s*$'
  if name and text and (text.t == 'Plain' or text.t == 'Para') then
    text.content = pandoc.Inlines { pandoc.Str(name:gsub('%s', '')), pandoc.Space() } .. text.content
    blocks:remove(1)
  end
  return blocks
end

-- What becomes of a fenced div, by its class: DIVS[class](div, line, context) -> blocks. A div of another class is only
-- its content.
local DIVS = { callout = boxes.callout, center = boxes.centered, ['text-center'] = boxes.centered,
  npdetails = htmlblocks.details, attributed = boxes.attributed, centerquote = boxes.centred_quote, tagged = boxes.tagged }

local function convert_div(block, line, context)
  local held = htmltables.held(block)
  if held then
    return walk.blocks({ held }, context)
  end
  for _, class in ipairs(block.classes) do
    if DIVS[class] then
      return DIVS[class](block, line, context)
    end
  end
  local ident = block.identifier
  if htmlblocks.is_centred(block) then
    return htmlblocks.with_anchor(ident, boxes.centered(block, line, context))
  end
  block.content = walk.blocks(block.content, context)
  block.attr = pandoc.Attr(note.anchors[ident] and '' or ident, block.classes)
  return htmlblocks.with_anchor(ident, pandoc.Blocks { block })
end

-- A figure of HTML: one picture with its caption, or whatever stands above that.
local function convert_figure(block, line, context)
  local caption = pandoc.utils.blocks_to_inlines(block.caption.long)
  local first = block.content[1]
  local image = #block.content == 1 and (first.t == 'Plain' or first.t == 'Para') and only_image(first.content)
  if #caption == 0 then
    return image and { figure(image, line) } or walk.blocks(block.content, context)
  end
  local out = pandoc.Blocks { write.raw_block '\\begin{notefigure}' }
  out:extend(walk.blocks(block.content, { unmarked = true, line = line, boxed = true }))
  local words = pandoc.Inlines { raw('\\setcounter{figure}{' .. crossrefs.counter('fig', block.identifier) .. '}\\caption{') }
  out:insert(pandoc.Plain(words .. walk.inlines(caption, line) .. { raw '}' }))
  out:insert(write.raw_block '\\end{notefigure}')
  return out
end

local function convert_block(block, line, context)
  local tag = block.t
  if tag == 'Para' or tag == 'Plain' then
    return convert_paragraph(block, line, context)
  elseif tag == 'Header' then
    return convert_heading(block, line)
  elseif tag == 'CodeBlock' then
    return code.convert(block, line, context)
  elseif tag == 'Table' then
    return tables.convert(block, line, context)
  elseif tag == 'RawBlock' then
    return block.format == 'html' and htmlblocks.convert(block, line, context) or {}
  elseif tag == 'BulletList' or tag == 'OrderedList' then
    for index, item in ipairs(block.content) do
      block.content[index] = join_checkbox(walk.blocks(item, context))
    end
    return { block }
  elseif tag == 'DefinitionList' then
    for index, item in ipairs(block.content) do
      local definitions = {}
      for at, definition in ipairs(item[2]) do
        definitions[at] = walk.blocks(definition, context)
      end
      block.content[index] = { walk.inlines(item[1], line), definitions }
    end
    return { block }
  elseif tag == 'Figure' then
    return convert_figure(block, line, context)
  elseif tag == 'Div' and theorems.kind_of(block) then
    return theorems.convert(block, line, context)
  elseif tag == 'Div' then
    return convert_div(block, line, context)
  elseif tag == 'BlockQuote' then
    return boxes.quote(block, context)
  elseif tag == 'LineBlock' then
    for index, inlines in ipairs(block.content) do
      block.content[index] = walk.inlines(inlines, line)
    end
  end
  return { block }
end

-- What has to be in the lines of a block about which there is anything to say: signs of links, images, notes, code and
-- HTML, words with @, terms.
local SIGNS = { '[%[%]@<`&{]', '%a:', '~~~', '[wW][wW][wW]', '__', '%*%*[\\\xEF\xBE\xA0]*%(', '%*%*[\\\xEF\xBE\xA0]*（', '\n    ', '\n\t' }

local function has_signs(text)
  for _, sign in ipairs(SIGNS) do
    if text:find(sign) then
      return true
    end
  end
  return false
end

-- Whether a block holds nothing that there could be anything to say about.
local function uneventful(block, attributes)
  local lines = positions.text_of(attributes)
  if lines and not has_signs(lines) then
    return true
  end
  -- All words at once: to look at each of them takes as long as to read the note.
  if (note.has_at or note.has_brackets or note.has_footnotes) and pandoc.utils.stringify(block):find '[@%[]' then
    return false
  end
  local events = 0
  local function see()
    events = events + 1
  end
  local function see_code(inline)
    events = events + (placeholders.found(inline.text) and 1 or 0)
  end
  local function see_code_block(one)
    events = events + (code.is_event(one) and 1 or 0)
  end
  -- In a list, because a block walks only what is within it.
  pandoc.Blocks({ block }):walk {
    Image = see, Link = see, Note = see, RawInline = see, RawBlock = see, Code = see_code, CodeBlock = see_code_block,
    Strong = note.has_terms and see or nil,
  }
  return events == 0
end

function walk.blocks(blocks, context)
  local out = pandoc.List {}
  for _, block in ipairs(blocks) do
    local attributes = block.attributes
    if note.unwritten and uneventful(block, attributes) then
      -- Nothing to say and nothing to write.
    else
      local line = positions.line_in(attributes) or context.line
      note.line = line or note.line
      if attributes and attributes.wrapper and block.t == 'Div' then
        for _, inner in ipairs(block.content) do
          out:extend(convert_block(inner, line, context))
        end
      else
        out:extend(convert_block(block, line, context))
      end
    end
  end
  return out
end

return { figure_in = figure_in }
