-- Raw HTML in running text -> what it means in a document. Content between tags is Markdown, and already parsed.

local angles = require 'angles'
local colours = require 'colours'
local crossrefs = require 'crossrefs'
local note = require 'note'
local placeholders = require 'placeholders'
local walk = require 'walk'
local write = require 'write'

local raw = write.raw

local html = {}

local function wrapped(command)
  return function(content)
    return pandoc.Inlines { raw('\\' .. command .. '{') } .. content .. { raw '}' }
  end
end

local TEXT = { Str = true, Space = true, SoftBreak = true }
local WITHIN = { Strong = true, Emph = true, Link = true, Span = true, Superscript = true, Subscript = true }

-- Lines under, through or behind words are drawn piece by piece, by a package that takes the words apart: only words may
-- be in its hands. What is a formula or code gets its line as one piece; what holds words, within.
local function lined(command)
  local open = '\\' .. command .. '{'
  local function apply(content)
    local out, words = pandoc.Inlines {}, pandoc.Inlines {}
    local function flush()
      if #words > 0 then
        out:extend(pandoc.Inlines { raw(open) } .. words .. { raw '}' })
        words = pandoc.Inlines {}
      end
    end
    for _, inline in ipairs(content) do
      if TEXT[inline.t] then
        words:insert(inline)
      else
        flush()
        if WITHIN[inline.t] then
          inline.content = apply(inline.content)
          out:insert(inline)
        elseif inline.t == 'Code' or placeholders.found(inline.text or '') then
          out:extend { raw(open .. '\\mbox{'), inline, raw '}}' }
        else
          out:insert(inline)
        end
      end
    end
    flush()
    return out
  end
  return apply
end

html.underlined, html.struck, html.marked = lined 'underlined', lined 'strikethrough', lined 'marked'
html.key, html.small = wrapped 'kbd', wrapped 'smalltext'

local PAIRS = {
  sub = pandoc.Subscript, sup = pandoc.Superscript, b = pandoc.Strong, strong = pandoc.Strong, i = pandoc.Emph,
  em = pandoc.Emph, cite = pandoc.Emph, var = pandoc.Emph, dfn = pandoc.Emph, u = html.underlined, ins = html.underlined,
  s = html.struck, del = html.struck, strike = html.struck, kbd = html.key, mark = html.marked, small = html.small,
}
-- Tags whose own meaning is only layout: dropping the tag loses nothing of the text.
local PLAIN = { span = true, font = true, center = true, div = true, p = true, a = true, big = true, rp = true,
  details = true, summary = true, figure = true, figcaption = true, code = true, tt = true, abbr = true, q = true,
  section = true, article = true, header = true, footer = true, main = true, nobr = true, wbr = true, label = true,
  samp = true, time = true, picture = true, source = true, html = true, body = true, tbody = true, thead = true }
-- What has no text that could be kept.
local WORDLESS = { script = true, style = true, svg = true, head = true, template = true }

local function as_text(text, line)
  if note.told[text] then
    return
  end
  note.told[text] = true
  note.notice('info', 'html-as-text', text .. ' is printed as text, though previews take it for a tag', line,
    'write `' .. text .. '` or \\' .. text, text)
end

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

-- Whether a tag before `index` is one that it may close.
local function opening_tag(inlines, index, name)
  for at = 1, index - 1 do
    local other, closes = tag_of(inlines[at])
    if other == name and not closes then
      return true
    end
  end
  return false
end

-- The value of an attribute in the text of a tag.
function html.attribute(tag, key)
  for name, equals, at in tag:gmatch '[%s"\']([%a-]+)%s*(=)%s*()' do
    if name:lower() == key and equals then
      return tag:match('^"([^"]*)"', at) or tag:match("^'([^']*)'", at) or tag:match('^[^%s>"\']+', at)
    end
  end
end

-- Say that a tag has no place in print, with what it shows where it says so.
function html.dropped(name, tag, line, kept)
  local address = tag and (html.attribute(tag, 'src') or html.attribute(tag, 'data'))
  note.notice('warning', 'html-dropped', 'HTML tag <' .. name .. '> has no place in print'
    .. (kept and '; its text is kept' or '; what is in it is left out'), line,
    address and 'it shows ' .. address .. '; write a link to it' or nil, '<' .. name)
end

-- The place that links to `#ident` lead to, where any does.
function html.anchor(ident)
  if ident and note.anchors[ident] and not note.placed[ident] then
    note.placed[ident] = true
    return raw('\\linedest{' .. crossrefs.dest_name(ident) .. '}')
  end
  return nil
end

-- Inlines with the place of an id before them.
function html.anchored(ident, content)
  return pandoc.Inlines { html.anchor(ident) } .. content
end

-- Annotated characters: `<ruby>汉<rt>hàn</rt></ruby>`.
local function ruby(content, line)
  local out, base, index = pandoc.Inlines {}, pandoc.Inlines {}, 1
  while index <= #content do
    local name, closes = tag_of(content[index])
    local last = (name == 'rt' or name == 'rp') and not closes and closing_tag(content, index, name)
    if last then
      local above = walk.inlines(pandoc.Inlines { table.unpack(content, index + 1, last - 1) }, line)
      if name == 'rt' then
        out:extend(pandoc.Inlines { raw '\\rubytext{' } .. walk.inlines(base, line) .. { raw '}{' } .. above .. { raw '}' })
        base = pandoc.Inlines {}
      end
      index = last
    elseif name ~= 'rb' then
      base:insert(content[index])
    end
    index = index + 1
  end
  return out .. walk.inlines(base, line)
end

-- What a tag with its counterpart makes of the inlines between the two; nil where it is not one of these.
local function paired(name, tag, content, line)
  if name == 'ruby' then
    return ruby(content, line)
  elseif name == 'a' and html.attribute(tag, 'href') then
    return walk.inlines({ pandoc.Link(content, html.attribute(tag, 'href')) }, line)
  elseif name == 'font' or name == 'span' then
    local colour = colours.of_tag(html.attribute(tag, 'color'), html.attribute(tag, 'style'))
    return colour and colours.coloured(colour, walk.inlines(content, line))
  elseif PAIRS[name] then
    local made = PAIRS[name](walk.inlines(content, line))
    return pandoc.utils.type(made) == 'Inline' and pandoc.Inlines { made } or made
  end
end

local function alone(name, text, line)
  if name == 'br' then
    return { pandoc.LineBreak() }
  elseif name == 'hr' then
    return { raw '\\inlinerule{}' }
  elseif name == 'img' then
    return walk.inlines(pandoc.utils.blocks_to_inlines(pandoc.read(text, 'html').blocks), line)
  elseif name == 'input' and (html.attribute(text, 'type') or ''):lower() == 'checkbox' then
    return { pandoc.Str(text:lower():match '%schecked' and '☒' or '☐') }
  end
end

-- Turn the raw HTML at `index` into document content; returns it and the index to go on from.
function html.inline(inlines, index, line)
  local name, closes = tag_of(inlines[index])
  local text = placeholders.restore(inlines[index].text)
  if not name then
    if not text:match '^<!%-%-' then
      note.notice('warning', 'html-dropped', 'HTML that has no place in print: ' .. text, line, nil, text)
    end
    return {}, index + 1
  elseif closes then
    if not angles.is_element(name) and not (angles.is_component(text) and opening_tag(inlines, index, name)) then
      as_text(text, line)
      return { pandoc.Str(text) }, index + 1
    end
    return {}, index + 1
  end
  local last = closing_tag(inlines, index, name)
  if angles.is_text(text, name, inlines[index - 1], last) then
    as_text(text, line)
    return { pandoc.Str(text) }, index + 1
  end
  local anchor = html.anchor(html.attribute(text, 'id') or name == 'a' and html.attribute(text, 'name'))
  local out = pandoc.Inlines { anchor }
  local single = alone(name, text, line)
  if single then
    return out .. single, index + 1
  end
  if WORDLESS[name] then
    html.dropped(name, text, line, false)
    return out, (last or index) + 1
  end
  local made = last and paired(name, text, pandoc.Inlines { table.unpack(inlines, index + 1, last - 1) }, line)
  if made then
    return out .. made, last + 1
  elseif not PLAIN[name] and not PAIRS[name] then
    html.dropped(name, text, line, true)
    -- What a component shows may stand in its tag.
    local words = not angles.is_element(name) and (html.attribute(text, 'text') or html.attribute(text, 'title') or html.attribute(text, 'label'))
    out:extend(words and pandoc.Inlines(words) or {})
  end
  return out, index + 1
end

-- A tag that stands alone as a block, without its counterpart.
function html.lone(text, line)
  local slash, name = text:match '^%s*<(/?)(%a[%w-]*)'
  name = name and name:lower()
  if not name or slash == '/' then
    return {}
  elseif name == 'input' then
    return { pandoc.Plain(alone(name, text, line) or {}) }
  elseif angles.is_text(text:match '^%s*(.-)%s*$', name, false) then
    text = text:match '^%s*(.-)%s*$'
    as_text(text, line)
    return { pandoc.Para { pandoc.Str(text) } }
  elseif not PLAIN[name] and not PAIRS[name] and name ~= 'br' then
    html.dropped(name, text, line, not WORDLESS[name])
  end
  local anchor = html.anchor(html.attribute(text, 'id') or name == 'a' and html.attribute(text, 'name'))
  return anchor and { pandoc.Plain { anchor } } or {}
end

return html
