-- Inlines of pandoc -> inlines that the LaTeX writer turns into what templates/macros.tex defines.

local brackets = require 'brackets'
local breaks = require 'breaks'
local colours = require 'colours'
local crossrefs = require 'crossrefs'
local html = require 'html'
local mentions = require 'mentions'
local nested = require 'nested'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local runs = require 'runs'
local terms = require 'terms'
local walk = require 'walk'
local write = require 'write'

local raw = write.raw

local inlines = {}

local function image_options(image)
  local options = {}
  -- Typora writes sizes as CSS.
  local style = image.attributes.style or ''
  for _, key in ipairs { 'width', 'height' } do
    image.attributes[key] = image.attributes[key] or (';' .. style):match('[;%s]' .. key .. '%s*:%s*([%d.]+%s*[%a%%]*)')
  end
  local zoom = style:match 'zoom%s*:%s*([%d.]+)%%'
  if zoom then
    table.insert(options, 'scale=' .. string.format('%.4g', tonumber(zoom) / 100))
  end
  for _, key in ipairs { 'width', 'height' } do
    local value, unit = (image.attributes[key] or ''):match '^%s*([%d.]+)%s*(%S*)%s*$'
    if value and unit == '%' then
      table.insert(options, key .. '=' .. string.format('%.4g', tonumber(value) / 100)
        .. (key == 'width' and '\\linewidth' or '\\textheight'))
    elseif value and (unit == 'px' or unit == '') then
      -- A CSS pixel is 1/96 inch; TeX's bp is 1/72.
      table.insert(options, key .. '=' .. string.format('%.4g', tonumber(value) * 0.75) .. 'bp')
    elseif value and (unit == 'cm' or unit == 'mm' or unit == 'in' or unit == 'pt' or unit == 'em') then
      table.insert(options, key .. '=' .. value .. unit)
    end
  end
  return #options > 0 and '[' .. table.concat(options, ',') .. ']' or ''
end

-- Whether the text of an image is only what editors put there.
function inlines.is_filler(caption)
  local text = pandoc.utils.stringify(caption)
  return text:match '^image' or text:match '^在这里插入图片描述$' or text:match '^请添加图片描述$' or text:match '^输入图片说明$'
end

-- A place that convert.py fills with the command for the image that it finds.
function inlines.image(image, line)
  image = brackets.sized(image)
  note.images:insert {
    target = placeholders.restore(image.src), line = tonumber(image.attributes.line) or line or note.line, named = image.classes:includes 'wikilink',
    alt = inlines.is_filler(image.caption) and '' or placeholders.restore(pandoc.utils.stringify(image.caption)),
  }
  return raw('\\NPimage' .. image_options(image) .. '{' .. #note.images .. '}')
end

inlines.dest_name = crossrefs.dest_name

-- What a viewer would run or open: hyperref makes actions of the first two, viewers obey the others.
local REFUSED = { ['run:'] = true, ['file:'] = true, ['javascript:'] = true, ['vbscript:'] = true, ['data:'] = true }

local function convert_link(link, line)
  local target = placeholders.restore(link.target)
  line = tonumber(link.attributes.line) or line
  local were = note.in_link
  note.in_link = true
  local content = walk.inlines(link.content, line)
  note.in_link = were
  content = html.anchored(link.identifier, content)
  if link.classes:includes 'wikilink' then
    local embedded = link.attributes.embedded ~= nil
    note.links:insert { target = target, line = line or note.line, named = true, embedded = embedded }
    return pandoc.Inlines { raw('\\NPlink{' .. #note.links .. '}{') } .. content .. { raw '}' }
  elseif target:match '^#' then
    if not note.idents[target:sub(2)] and not note.labels[target:sub(2)] and not note.anchors[target:sub(2)] then
      note.notice('warning', 'broken-link', 'no heading here has the id ' .. target, line,
        'ids are made from headings: lower case, spaces become -')
      return content
    end
    -- By name, which is right in the first pass; pandoc would write a reference to a label.
    return pandoc.Inlines { raw('\\placelink{' .. inlines.dest_name(target:sub(2)) .. '}{') } .. content .. { raw '}' }
  elseif REFUSED[(target:match '^%a[%w+.-]*:' or ''):lower()] then
    note.notice('warning', 'refused-link', 'a link may not run a program or open a file: ' .. target, line,
      'the text stays; link to a note, or to an address on the web')
    return content
  elseif target:match '^%a[%w+.-]*:' or target:match '^//' then
    link.target, link.content, link.title = target, content, ''
    return { link }
  end
  note.links:insert { target = target, line = line or note.line }
  return pandoc.Inlines { raw('\\NPlink{' .. #note.links .. '}{') } .. content .. { raw '}' }
end

-- A footnote whose text waits for the end of its table. The number tells TeX when it sets the same one again, as it does
-- with captions and the heads of tables.
local function late_note(inline)
  note.late_count = note.late_count + 1
  return raw('\\nplatenote{' .. note.late_count .. '}{' .. write.latex(inline.content) .. '}')
end

walk.code = breaks.code

local CONTAINERS = { Emph = true, Strong = true, Underline = true, Strikeout = true, Superscript = true,
  Subscript = true, SmallCaps = true, Quoted = true, Span = true }

-- A span whose content is converted: by its class, its colour and its id.
local function convert_span(span)
  local colour = colours.of_tag(nil, span.attributes.style)
  local content = span.content
  if span.classes:includes 'mark' then
    content = html.marked(content)
  elseif span.classes:includes 'kbd' then
    content = html.key(content)
  elseif span.classes:includes 'small' then
    content = html.small(content)
  elseif span.classes:includes 'underline' or span.classes:includes 'ul' then
    content = html.underlined(content)
  elseif colour then
    content = colours.coloured(colour, content)
  end
  return html.anchored(span.identifier, content)
end

local function convert_inline(inline, line)
  local tag = inline.t
  if tag == 'Image' then
    return { inlines.image(inline, line) }
  elseif tag == 'Link' then
    return convert_link(inline, line)
  elseif tag == 'Math' then
    -- Only HTML brings these (MathML, math/tex): no filter has seen them, so TeX must not.
    note.notice('warning', 'html-dropped', 'a formula in HTML is shown as its source', line, 'write it between dollars')
    return { pandoc.Code(inline.text) }
  elseif tag == 'Code' then
    return breaks.code(placeholders.restore(inline.text))
  elseif tag == 'Note' then
    note.lines_shifted = true
    local outer, noted, late = note.in_footnote, note.late_count, note.late_notes
    -- A footnote within a footnote: TeX would set its mark and forget its text.
    note.in_footnote, note.late_notes = true, true
    inline.content = walk.blocks(inline.content, { unmarked = true })
    note.in_footnote, note.late_notes = outer, late
    if late then
      return { late_note(inline) }
    end
    return { inline, note.late_count > noted and raw '\\nplatenotes{}' or nil }
  elseif tag == 'Underline' then
    return html.underlined(walk.inlines(inline.content, line))
  elseif tag == 'Strikeout' then
    return html.struck(walk.inlines(inline.content, line))
  elseif CONTAINERS[tag] then
    inline.content = walk.inlines(inline.content, line)
    return tag == 'Span' and convert_span(inline) or { inline }
  end
  return { inline }
end

-- Inlines without the spans that carry positions, and with Obsidian's brackets resolved; see positions.unwrap.
function inlines.flatten(content)
  local flat, ends, tags, texts = positions.unwrap(content)
  if note.has_brackets then
    return brackets.resolve(flat, ends, tags, texts)
  end
  return flat, ends, tags, texts
end

-- pandoc leaves the mark of a footnote that nobody wrote as it is.
local function check_footnotes(text, line)
  for label in text:gmatch '%[%^([^%]%s]+)%]' do
    note.notice('warning', 'undefined-footnote', 'there is no footnote [^' .. label .. ']; the mark stays as text', line,
      'write a line [^' .. label .. ']: with its text, or \\[^ where no footnote is meant', '[^' .. label .. ']')
  end
end

-- A footnote within a footnote; its mark as text where it is within itself.
local function nested_note(number, line)
  local footnote, one = nested.open(number)
  if not footnote then
    return { pandoc.Str('[^' .. one.label .. ']') }
  end
  local made = convert_inline(footnote, line)
  nested.close(one)
  return made
end

-- What is no word and no space, converted, into the list `out`; with it goes what it takes of the word after it.
local function add_element(out, inline, flat, tags, texts, index, line)
  local tag = tags[index]
  local term = tag == 'Strong' and note.has_terms and terms.define(flat, tags, texts, index, line)
  -- A hanzi and a picture would stay together on a line that has no room for both.
  if tag == 'Image' and #out > 0 then
    out:insert(raw '\\imageedge{}')
  end
  out:extend(convert_inline(inline, line))
  if term then
    out:extend(terms.opening(flat, texts, index + 1, term))
  elseif tag == 'Image' and index < #flat then
    out:insert(raw '\\imageedge{}')
  end
end

-- With `joined`, words are no longer elements of their own: for what looks at none of them any more.
function walk.inlines(content, line, joined)
  local out = pandoc.List {}
  local run = joined and runs.into(out)
  local flat, ends, tags, texts = inlines.flatten(content)
  if note.has_at and not note.in_link then
    flat, ends, tags, texts = mentions.resolve(flat, ends, tags, texts, line)
  end
  local function footnote(number)
    return nested_note(number, line)
  end
  local index = 1
  while index <= #flat do
    local inline, tag, text = flat[index], tags[index], texts[index]
    local following = index + 1
    if tag == 'Str' and note.has_footnotes then
      check_footnotes(text, line)
    elseif tag == 'SoftBreak' then
      line = ends[index] or line
    end
    if run and not note.lines_shifted and run:takes(inline, tag, text) then
      -- It is in the run.
    elseif tag == 'RawInline' and inline.format == 'html' then
      local made
      made, following = html.inline(flat, index, line)
      out:extend(made)
    elseif tag == 'SoftBreak' then
      out:insert(inline)
      if note.lines_shifted and ends[index] then
        out:insert(raw('%@' .. line .. '\n'))
      end
    elseif tag == 'Str' and placeholders.may_have(text) then
      out:extend(placeholders.prose(text, footnote))
    elseif tag == 'Str' and breaks.is_endless(text) then
      out:extend(breaks.words(text))
    elseif tag == 'Str' or tag == 'Space' then
      out:insert(inline)
    else
      add_element(out, inline, flat, tags, texts, index, line)
    end
    index = following
  end
  if run then
    run:finish()
  end
  return out
end

return inlines
