-- Protected Markdown -> LaTeX, inside pandoc. Runs as `pandoc lua convert.lua`.
--
-- Reads one JSON request per line and answers each with one JSON line, so that a process can serve many
-- notes. Request: {text, formulas: [{kind, tex, source}], headline}. Answer: {latex, headings, links,
-- images, notices}, or {failure}. Lines of the form `%@12` (`%@=12`) in the LaTeX say that what
-- follows came from line 12 of the note, in step with it (or from that line alone).

-- CommonMark as on GitHub, and what Quarto adds. Not among them: smart (quotes mean themselves), tex_math
-- (formulas are placeholders), yaml_metadata_block (--- is a rule), raw_attribute (no TeX from notes).
local FORMAT = 'commonmark+sourcepos+pipe_tables+footnotes+strikeout+task_lists+attributes+fenced_divs'
  .. '+bracketed_spans+definition_lists+alerts+gfm_auto_identifiers+autolink_bare_uris+emoji+raw_html'
local OPEN, CLOSE, FILLER, JOINER = '\u{FDD0}', '\u{FDD1}', '\u{FDD2}', '\u{FFA0}'

-- The first bytes of all of these; what has none of them is plain text.
local SPECIAL = '[\xEF][\xB7\xBE]'

local note -- the request and the answer being built
local lines_shifted -- a footnote has added lines to the current paragraph

local function notice(severity, code, message, line, hint)
  note.notices:insert { severity = severity, code = code, message = message, line = line or note.line, hint = hint }
end

-- The first line in a data-pos such as "3:1-5:1"; nil where there is none.
local function line_of(element)
  local attributes = element.attributes
  local position = attributes and attributes['data-pos']
  return position and tonumber(position:match '(%d+):%d+%-')
end

local function raw(tex)
  return pandoc.RawInline('latex', tex)
end

-- Put the characters of the file back where a placeholder met a place that is no prose.
local function restore(text)
  if not text:find(OPEN, 1, true) and not text:find(FILLER, 1, true) and not text:find(JOINER, 1, true) then
    return text
  end
  local function source_line(number, offset)
    local formula = note.formulas[tonumber(number) + 1]
    local at = 0
    for line in (formula.source .. '\n'):gmatch '(.-)\n' do
      if at == tonumber(offset) then
        return at > 0 and line:gsub('^%s+', '') or line
      end
      at = at + 1
    end
  end
  text = text:gsub(OPEN .. '(%d+)' .. CLOSE, function(number) return source_line(number, 0) end)
  text = text:gsub(FILLER .. '(%d+)%.(%d+)' .. CLOSE, source_line)
  return (text:gsub(JOINER, ''))
end

local function formula_inline(number)
  local formula = note.formulas[number + 1]
  if formula.kind == 'environment' then
    -- In \[…\] an environment such as align is an error; it brings its own display. The leading
    -- %-free text keeps TeX's line numbers in step with the note's.
    return raw(formula.tex)
  end
  return pandoc.Math(formula.kind == 'inline' and 'InlineMath' or 'DisplayMath', formula.tex)
end

-- Split the text of a Str at its placeholders.
local function prose(text)
  local out = pandoc.Inlines {}
  text = text:gsub(FILLER .. '%d+%.%d+' .. CLOSE, ''):gsub(JOINER, '')
  local here = 1
  while true do
    local from, to, number = text:find(OPEN .. '(%d+)' .. CLOSE, here)
    local before = text:sub(here, (from or 0) - 1)
    if before ~= '' then
      out:insert(pandoc.Str(before))
    end
    if not from then
      return out
    end
    out:insert(formula_inline(tonumber(number)))
    here = to + 1
  end
end

-- Remove the spans that carry positions, and give each SoftBreak the line that follows it. Every word comes in a
-- span of its own, and every access to an element crosses from Lua to Haskell: hence the care.
-- Returned with them: their tags, and the texts of those that are words.
local function unwrap(inlines)
  local flat, breaks, tags, texts = {}, {}, {}, {}
  local words = {}
  local after_break = false
  local function flush()
    if #words > 0 then
      local text = table.concat(words)
      flat[#flat + 1] = pandoc.Str(text)
      tags[#flat], texts[#flat] = 'Str', text
      words = {}
    end
  end
  local function add(inline, tag)
    if tag == 'Str' then
      words[#words + 1] = inline.text
    else
      flush()
      flat[#flat + 1] = inline
      tags[#flat] = tag
    end
    after_break = tag == 'SoftBreak'
  end
  for _, inline in ipairs(inlines) do
    local tag = inline.t
    if after_break then
      breaks[#flat] = line_of(inline)
    end
    if tag == 'Span' and (note.only_wrappers or inline.attributes.wrapper) then
      for _, inner in ipairs(inline.content) do
        add(inner, inner.t)
      end
    else
      add(inline, tag)
    end
  end
  flush()
  return flat, breaks, tags, texts
end

-- HTML that has a twin in the document; content between the tags is Markdown and already parsed.
local function underlined(content)
  return pandoc.Inlines { raw '\\underlined{' } .. content .. { raw '}' }
end

local function struck(content)
  return pandoc.Inlines { raw '\\strikethrough{' } .. content .. { raw '}' }
end

local PAIRS = {
  sub = pandoc.Subscript, sup = pandoc.Superscript, b = pandoc.Strong, strong = pandoc.Strong, i = pandoc.Emph,
  em = pandoc.Emph, u = underlined, ins = underlined, s = struck, del = struck,
  strike = struck,
  kbd = function(content) return pandoc.Inlines { raw '\\kbd{' } .. content .. { raw '}' } end,
  mark = function(content) return pandoc.Inlines { raw '\\marked{' } .. content .. { raw '}' } end,
}
-- Tags whose own meaning is only layout: dropping the tag loses nothing of the text.
local PLAIN = { span = true, font = true, center = true, div = true, p = true, a = true, small = true, big = true,
  details = true, summary = true, figure = true, figcaption = true, code = true, tt = true, abbr = true }

local convert_inlines

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
local function convert_html(inlines, index, line)
  local inline = inlines[index]
  local name, closes = tag_of(inline)
  if not name then
    if not inline.text:match '^<!%-%-' then
      notice('warning', 'html-dropped', 'HTML that has no place in print: ' .. inline.text, line)
    end
    return {}, index + 1
  elseif name == 'br' then
    return { pandoc.LineBreak() }, index + 1
  elseif name == 'img' then
    local blocks = pandoc.read(restore(inline.text), 'html').blocks
    return convert_inlines(pandoc.utils.blocks_to_inlines(blocks), line), index + 1
  end
  local last = not closes and PAIRS[name] and closing_tag(inlines, index, name)
  if last then
    local content = pandoc.Inlines { table.unpack(inlines, index + 1, last - 1) }
    local made = PAIRS[name](convert_inlines(content, line))
    return pandoc.utils.type(made) == 'Inline' and { made } or made, last + 1
  end
  if not PLAIN[name] and not PAIRS[name] then
    notice('warning', 'html-dropped', 'HTML tag <' .. name .. '> has no place in print; its text is kept', line)
  end
  return {}, index + 1
end

local function image_options(image)
  local options = {}
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

local function image_reference(image, line)
  note.images:insert { target = restore(image.src), line = line or note.line, alt = restore(pandoc.utils.stringify(image.caption)) }
  return raw('\\NPimage' .. image_options(image) .. '{' .. #note.images .. '}')
end

-- The same rule as dest_name in addresses.py.
local function dest_name(ident)
  return 'h.' .. ident:gsub('[^%w-]', function(byte) return string.format('.%02x', byte:byte()) end)
end

local function convert_link(link, line)
  local target = restore(link.target)
  local content = convert_inlines(link.content, line)
  if target:match '^#' then
    if not note.idents[target:sub(2)] then
      notice('warning', 'broken-link', 'no heading here has the id ' .. target, line,
        'ids are made from headings: lower case, spaces become -')
      return content
    end
    -- By name, which is right in the first pass; pandoc would write a reference to a label.
    return pandoc.Inlines { raw('\\hyperlink{' .. dest_name(target:sub(2)) .. '}{') } .. content .. { raw '}' }
  elseif target:match '^%a[%w+.-]*:' or target:match '^//' then
    link.target, link.content, link.title = target, content, ''
    return { link }
  end
  note.links:insert { target = target, line = line or note.line }
  return pandoc.Inlines { raw('\\NPlink{' .. #note.links .. '}{') } .. content .. { raw '}' }
end

local convert_blocks

local CONTAINERS = { Emph = true, Strong = true, Underline = true, Strikeout = true, Superscript = true,
  Subscript = true, SmallCaps = true, Quoted = true, Span = true }

local function convert_inline(inline, line)
  local tag = inline.t
  if tag == 'Str' then
    return prose(inline.text)
  elseif tag == 'Image' then
    return { image_reference(inline, line) }
  elseif tag == 'Link' then
    return convert_link(inline, line)
  elseif tag == 'Code' then
    inline.text = restore(inline.text)
    inline.attr = pandoc.Attr()
    return { inline }
  elseif tag == 'Note' then
    lines_shifted = true
    inline.content = convert_blocks(inline.content, { unmarked = true })
    return { inline }
  elseif tag == 'Underline' then
    return underlined(convert_inlines(inline.content, line))
  elseif tag == 'Strikeout' then
    return struck(convert_inlines(inline.content, line))
  elseif CONTAINERS[tag] then
    inline.content = convert_inlines(inline.content, line)
    if tag == 'Span' then
      inline.attributes = {}
    end
    return { inline }
  end
  return { inline }
end

function convert_inlines(inlines, line)
  local out = pandoc.Inlines {}
  local flat, breaks, tags, texts = unwrap(inlines)
  local index = 1
  while index <= #flat do
    local inline = flat[index]
    local tag = tags[index]
    if tag == 'RawInline' and inline.format == 'html' then
      local made
      made, index = convert_html(flat, index, line)
      out:extend(made)
    else
      if tag == 'SoftBreak' then
        line = breaks[index] or line
        out:insert(inline)
        if lines_shifted and breaks[index] then
          out:insert(raw('%@' .. line .. '\n'))
        end
      elseif tag == 'Str' and texts[index]:find(SPECIAL) then
        out:extend(prose(texts[index]))
      elseif tag == 'Str' or tag == 'Space' then
        out:insert(inline)
      else
        out:extend(convert_inline(inline, line))
      end
      index = index + 1
    end
  end
  return out
end

local function marker(line, alone)
  return '%@' .. (alone and '=' or '') .. line
end

-- Text that is only a file name, or what editors put there, is no caption.
local function caption_of(image)
  local text = pandoc.utils.stringify(image.caption)
  if text:match '^[%w%p]*$' or text:match '^image' or text:match '^在这里插入图片描述$' or text:match '^请添加图片描述$' then
    return nil
  end
  return image.caption
end

local function only_image(inlines)
  -- An image and its span, and what an attribute may leave behind it.
  if #inlines > 3 then
    return nil
  end
  local flat = unwrap(inlines)
  return #flat == 1 and flat[1].t == 'Image' and flat[1] or nil
end

local function figure(image, line)
  local out = pandoc.Inlines { raw('\\begin{notefigure}\n'), image_reference(image, line), raw '\n' }
  local caption = caption_of(image)
  if caption then
    out:insert(raw '\\caption{')
    out:extend(convert_inlines(caption, line))
    out:insert(raw '}\n')
  end
  out:insert(raw '\\end{notefigure}')
  return pandoc.Plain(out)
end

local function convert_paragraph(block, line, context)
  local image = not context.unmarked and only_image(block.content)
  if image then
    return { pandoc.RawBlock('latex', marker(line, true)), figure(image, line) }
  end
  lines_shifted = false
  local content = convert_inlines(block.content, line)
  if line and not context.unmarked then
    content:insert(1, raw(marker(line) .. '\n'))
  end
  block.content = content
  return { block }
end

-- wrap_text=preserve keeps the note's line breaks, which the marks count on; latex-smart keeps quotes and
-- dashes as the characters they are.
local function to_latex(blocks)
  return pandoc.write(pandoc.Pandoc(blocks), 'latex-smart', pandoc.WriterOptions { wrap_text = 'preserve' })
end

local function without_notes(inlines)
  return inlines:walk { Note = function() return {} end }
end

local function convert_heading(block, line)
  if line == note.headline then
    return {}
  end
  lines_shifted = false
  local content = convert_inlines(block.content, line)
  block.identifier = block.identifier:gsub(JOINER, '')
  note.headings:insert {
    level = block.level - note.shift, text = restore(pandoc.utils.stringify(without_notes(block.content))),
    latex = to_latex(pandoc.Plain(without_notes(content))), ident = block.identifier, line = line or 1,
  }
  content:insert(1, raw('\\headingdest{' .. dest_name(block.identifier) .. '}'))
  local heading = pandoc.Header(block.level - note.shift, content, pandoc.Attr(block.identifier))
  return { pandoc.RawBlock('latex', marker(line, true)), heading }
end

-- The converter's own positions inside an HTML block are lost: all of it belongs to its first line.
local function convert_html_block(block, line)
  -- Its formulas stay placeholders: read here, they would get past all that is made of formulas, and past the filter.
  local text = block.text
  if text:match '^%s*<!%-%-' or text:match '^%s*</' then
    return {}
  end
  local inner = { unmarked = true, line = line }
  local blocks = convert_blocks(pandoc.read(text, 'html').blocks, inner)
  if line then
    table.insert(blocks, 1, pandoc.RawBlock('latex', marker(line, true)))
  end
  return blocks
end

local function convert_cells(rows, line)
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      cell.contents = convert_blocks(cell.contents, { unmarked = true, line = line })
    end
  end
end

-- pandoc gives a pipe table the position of its second line; the cells of the head know better.
local function first_line(block, line)
  for _, row in ipairs(block.head.rows) do
    for _, cell in ipairs(row.cells) do
      pandoc.Div(cell.contents):walk { Span = function(span) line = math.min(line or 1, line_of(span) or line) end }
    end
  end
  return line
end

-- longtable learns the widths of its columns while it sets them, and sets the head first: without a pass before this
-- one the head is narrower than what stands below it. So the rows are set twice, the first time only for their widths.
local function with_widths(latex)
  local trial = latex:gsub('\n\\end%a*head\n.-\n\\endlastfoot\n', '\n'):gsub('\n\\caption.-\\tabularnewline\n', '\n')
  return '\\begin{nptrial}\n' .. trial .. '\n\\end{nptrial}\n' .. latex
end

local function convert_table(block, line, context)
  line = line and first_line(block, line)
  convert_cells(block.head.rows, line)
  for _, body in ipairs(block.bodies) do
    convert_cells(body.head, line)
    convert_cells(body.body, line)
  end
  convert_cells(block.foot.rows, line)
  block.caption.long = convert_blocks(block.caption.long, { unmarked = true, line = line })
  block.attr = pandoc.Attr()
  local out = { pandoc.RawBlock('latex', with_widths(to_latex { block })) }
  if line and not context.unmarked then
    table.insert(out, 1, pandoc.RawBlock('latex', marker(line, true)))
  end
  return out
end

local function convert_code(block, line, context)
  local language = block.classes[1]
  block.text = restore(block.text)
  block.attr = pandoc.Attr('', { language })
  local out = { pandoc.RawBlock('latex', '\\begin{codebox}'), block, pandoc.RawBlock('latex', '\\end{codebox}') }
  if line and not context.unmarked then
    -- \begin{codebox}, a blank line, \begin{…} and for some \begin{Shaded} stand above the code.
    table.insert(out, 1, pandoc.RawBlock('latex', marker(line, true)))
  end
  return out
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

-- The five alerts of GitHub, by the class pandoc gives them.
local ALERTS = { note = '注', tip = '提示', important = '重要', warning = '警告', caution = '小心' }

-- An alert is a quote that begins with its name.
local function convert_alert(block, context)
  local content = pandoc.Blocks { pandoc.Plain { pandoc.Strong { pandoc.Str(ALERTS[block.classes[1]]) } } }
  for _, inner in ipairs(block.content) do
    if not (inner.t == 'Div' and inner.classes[1] == 'title') then
      content:extend(convert_blocks({ inner }, context))
    end
  end
  return { pandoc.BlockQuote(content) }
end

local function convert_block(block, line, context)
  local tag = block.t
  if tag == 'Para' or tag == 'Plain' then
    return convert_paragraph(block, line, context)
  elseif tag == 'Header' then
    return convert_heading(block, line)
  elseif tag == 'CodeBlock' then
    return convert_code(block, line, context)
  elseif tag == 'Table' then
    return convert_table(block, line, context)
  elseif tag == 'RawBlock' then
    return block.format == 'html' and convert_html_block(block, line) or {}
  elseif tag == 'BulletList' or tag == 'OrderedList' then
    for index, item in ipairs(block.content) do
      block.content[index] = join_checkbox(convert_blocks(item, context))
    end
    return { block }
  elseif tag == 'DefinitionList' then
    for index, item in ipairs(block.content) do
      local definitions = {}
      for at, definition in ipairs(item[2]) do
        definitions[at] = convert_blocks(definition, context)
      end
      block.content[index] = { convert_inlines(item[1], line), definitions }
    end
    return { block }
  elseif tag == 'Figure' then
    return convert_blocks(block.content, context)
  elseif tag == 'Div' and ALERTS[block.classes[1]] then
    return convert_alert(block, context)
  elseif tag == 'BlockQuote' or tag == 'Div' then
    block.content = convert_blocks(block.content, context)
    if tag == 'Div' then
      block.attr = pandoc.Attr(block.identifier, block.classes)
    end
    return { block }
  elseif tag == 'LineBlock' then
    for index, inlines in ipairs(block.content) do
      block.content[index] = convert_inlines(inlines, line)
    end
  end
  return { block }
end

function convert_blocks(blocks, context)
  local out = pandoc.Blocks {}
  for _, block in ipairs(blocks) do
    if block.t == 'Div' and block.attributes.wrapper then
      local line = line_of(block) or context.line
      note.line = line or note.line
      for _, inner in ipairs(block.content) do
        out:extend(convert_block(inner, line, context))
      end
    else
      local line = line_of(block) or context.line
      note.line = line or note.line
      out:extend(convert_block(block, line, context))
    end
  end
  return out
end

-- Ids of all headings, and by how much levels move up so that the highest is a section.
local function survey(blocks)
  local lowest = 7
  local idents = {}
  blocks:walk {
    Header = function(header)
      idents[header.identifier:gsub(JOINER, '')] = true
      if line_of(header) ~= note.headline then
        lowest = math.min(lowest, header.level)
      end
    end,
  }
  return idents, lowest < 7 and lowest - 1 or 0
end

local function answer(request)
  note = {
    formulas = request.formulas, headline = request.headline, headings = pandoc.List(), links = pandoc.List(),
    images = pandoc.List(), notices = pandoc.List(), line = 1,
    -- Whether every span is one of those that carry positions: then none needs to be looked at for it.
    only_wrappers = not request.text:find(']{', 1, true),
  }
  local doc = pandoc.read(request.text, FORMAT)
  note.idents, note.shift = survey(doc.blocks)
  local blocks = convert_blocks(doc.blocks, {})
  return {
    latex = to_latex(blocks), headings = note.headings, links = note.links, images = note.images, notices = note.notices,
  }
end

for line in io.lines() do
  local ok, result = pcall(function() return answer(pandoc.json.decode(line, false)) end)
  io.write(pandoc.json.encode(ok and result or { failure = tostring(result) }), '\n')
  io.flush()
end
