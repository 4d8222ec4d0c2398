-- Inlines of pandoc -> inlines that the LaTeX writer turns into what templates/macros.tex defines.

local brackets = require 'brackets'
local colours = require 'colours'
local crossrefs = require 'crossrefs'
local html = require 'html'
local mentions = require 'mentions'
local nested = require 'nested'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
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

-- TeX breaks no line within code, so a path would run off the page. It may break after a sign between letters, and in
-- what has none of them for long; what is short stays whole.
local WHOLE = 12

local function breakable(text)
  if #text <= WHOLE then
    return { pandoc.Code(text) }
  end
  local out, piece, length = {}, '', 0
  for word, signs in text:gmatch '([%w\x80-\xff]*)([^%w\x80-\xff]*)' do
    while utf8.len(word) and utf8.len(word) > 3 * WHOLE do
      local cut = utf8.offset(word, 2 * WHOLE)
      out[#out + 1], word = piece .. word:sub(1, cut - 1), word:sub(cut)
      piece, length = '', 0
    end
    piece = piece .. word .. signs
    length = length + #word + #signs
    if length > WHOLE then
      out[#out + 1] = piece
      piece, length = '', 0
    end
  end
  if piece ~= '' then
    out[#out + 1] = piece
  end
  local made = {}
  for index, part in ipairs(out) do
    made[#made + 1] = index > 1 and raw '\\codebreak{}' or nil
    made[#made + 1] = pandoc.Code(part)
  end
  return made
end

walk.code = breakable

-- No word of a language is so long; TeX would look for hyphens in it until the time is over, or break down.
local ENDLESS = 60

-- Text whose endless words may be broken anywhere.
local function with_breaks(text)
  if #text <= ENDLESS or not text:find(('[!-~]'):rep(ENDLESS)) then
    return { pandoc.Str(text) }
  end
  local made = {}
  local here = 1
  for from, word, to in text:gmatch '()([!-~]+)()' do
    if #word > ENDLESS then
      made[#made + 1] = here < from and pandoc.Str(text:sub(here, from - 1)) or nil
      for at = from, to - 1, WHOLE do
        made[#made + 1] = at > from and raw '\\codebreak{}' or nil
        made[#made + 1] = pandoc.Str(text:sub(at, math.min(at + WHOLE, to) - 1))
      end
      here = to
    end
  end
  made[#made + 1] = here <= #text and pandoc.Str(text:sub(here)) or nil
  return made
end

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
    return breakable(placeholders.restore(inline.text))
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
  local flat, breaks, tags, texts = positions.unwrap(content)
  if note.has_brackets then
    return brackets.resolve(flat, breaks, tags, texts)
  end
  return flat, breaks, tags, texts
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

function walk.inlines(content, line)
  local out = pandoc.List {}
  local flat, breaks, tags, texts = inlines.flatten(content)
  if note.has_at and not note.in_link then
    flat, breaks, tags, texts = mentions.resolve(flat, breaks, tags, texts, line)
  end
  local function footnote(number)
    return nested_note(number, line)
  end
  local index = 1
  while index <= #flat do
    local inline = flat[index]
    local tag = tags[index]
    if tag == 'Str' and note.has_footnotes then
      check_footnotes(texts[index], line)
    end
    if tag == 'RawInline' and inline.format == 'html' then
      local made
      made, index = html.inline(flat, index, line)
      out:extend(made)
    else
      if tag == 'SoftBreak' then
        line = breaks[index] or line
        out:insert(inline)
        if note.lines_shifted and breaks[index] then
          out:insert(raw('%@' .. line .. '\n'))
        end
      elseif tag == 'Str' and placeholders.may_have(texts[index]) then
        out:extend(placeholders.prose(texts[index], footnote))
      elseif tag == 'Str' and #texts[index] > ENDLESS then
        out:extend(with_breaks(texts[index]))
      elseif tag == 'Str' or tag == 'Space' then
        out:insert(inline)
      else
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
      index = index + 1
    end
  end
  return out
end

return inlines
