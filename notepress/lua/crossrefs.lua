-- Ids of figures, tables, formulas, sections and theorems in Quarto's syntax -> numbers, and references to them.
--
-- All numbers are known before anything is written, so a reference is right wherever it stands, in TeX's first pass.

local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local raw = write.raw

local crossrefs = {}

-- What an id begins with, the class of an unnumbered block, and the name in print.
crossrefs.KINDS = {
  eq = { name = '式' }, fig = { name = '图' }, tbl = { name = '表' }, sec = { name = '' }, lst = { name = '代码' },
  thm = { class = 'theorem', name = '定理' }, lem = { class = 'lemma', name = '引理' },
  cor = { class = 'corollary', name = '推论' }, prp = { class = 'proposition', name = '命题' },
  cnj = { class = 'conjecture', name = '猜想' }, def = { class = 'definition', name = '定义' },
  exm = { class = 'example', name = '例' }, exr = { class = 'exercise', name = '练习' },
  sol = { class = 'solution', name = '解' }, rem = { class = 'remark', name = '注' },
  pit = { class = 'pitfall', name = '易错点' }, prf = { class = 'proof', name = '证明' },
}
-- What a block can be that has a frame, a title and perhaps a number.
crossrefs.BLOCKS = {}
for prefix, kind in pairs(crossrefs.KINDS) do
  if kind.class then
    crossrefs.BLOCKS[prefix] = kind
  end
end

function crossrefs.prefix_of(ident)
  local prefix = ident:match '^(%l%l%l?)%-.'
  return crossrefs.KINDS[prefix] and prefix
end

-- Enter an id; where one is used twice, the first place counts.
local function define(one)
  local known = note.labels[one.ident]
  if known then
    note.notice('warning', 'duplicate-label', 'the id `' .. one.ident .. '` is used twice', one.line,
      'it stands in line ' .. known.line .. ' first; give each an id of its own')
  else
    note.labels[one.ident] = one
  end
end

-- Whether a paragraph is a caption: `: text`, and the id in its attribute, which pandoc leaves in a span at its end.
local function caption_in(block)
  local para = block and block.t == 'Div' and block.attributes.wrapper and block.content[1] or block
  if not para or para.t ~= 'Para' then
    return nil
  end
  local last = para.content[#para.content]
  local begins = ''
  for index, inline in ipairs(para.content) do
    local word = inline.t == 'Span' and inline.content[1] or inline
    begins = begins .. placeholders.without_joiners(word.t == 'Str' and word.text or ' ')
    if begins == ':' then
      local ident = last.t == 'Span' and last.identifier:match '^tbl%-.+' or nil
      return { content = pandoc.Inlines { table.unpack(para.content, index + 1) }, ident = ident, line = positions.line_of(block) }
    elseif begins ~= '' then
      return nil
    end
  end
end

local function give_caption(block, caption)
  block.caption.long = pandoc.Blocks { pandoc.Plain(caption.content) }
  block.identifier = caption.ident or ''
  block.attributes['caption-line'] = caption.line and tostring(caption.line)
end

-- A caption right below a table is read as its last row; only one with an id is taken for a caption.
local function caption_row(block)
  local rows = block.bodies[1] and block.bodies[1].body
  local last = rows and rows[#rows]
  local cell = last and last.cells[1].contents[1]
  local first = cell and cell.t == 'Plain' and cell.content[1]
  local caption = first and caption_in(pandoc.Para(cell.content))
  if not caption or not caption.ident then
    return
  end
  caption.line = positions.line_of(first)
  block.bodies[1].body = { table.unpack(rows, 1, #rows - 1) }
  give_caption(block, caption)
end

local function has_table(list)
  for _, block in ipairs(list) do
    if block.t == 'Table' then
      return true
    end
  end
  return false
end

-- Give tables the captions that stand above or below them. Above, only one with an id is surely a caption.
function crossrefs.gather_captions(blocks)
  return blocks:walk {
    Blocks = function(list)
      if not has_table(list) then
        return nil
      end
      local out = pandoc.Blocks {}
      local index = 1
      while index <= #list do
        local block, following = list[index], list[index + 1]
        local above = following and following.t == 'Table' and caption_in(block)
        if above and above.ident then
          give_caption(following, above)
          out:insert(following)
          index = index + 2
        elseif block.t == 'Table' then
          local below = caption_in(following)
          caption_row(block)
          if below then
            give_caption(block, below)
          end
          out:insert(block)
          index = index + (below and 2 or 1)
        else
          out:insert(block)
          index = index + 1
        end
      end
      return out
    end,
  }
end

local function caption_of_table(block)
  local long = block.caption.long[1]
  return long and long.content or pandoc.Inlines {}
end

local function unwrapped(block)
  return block.t == 'Div' and block.attributes.wrapper and block.content[1] or block
end

-- `::: {#fig-x}` around one picture, `::: {#tbl-x}` around one table or `::: {#lst-x}` around one block of code, and
-- perhaps a paragraph that is the caption: the same as an id and a caption of its own. Around several there is no one thing to number.
function crossrefs.gather_framed(blocks)
  return blocks:walk {
    Div = function(div)
      local prefix = div.identifier:match '^(%l+)%-.'
      if prefix ~= 'fig' and prefix ~= 'tbl' and prefix ~= 'lst' or #div.content > 2 then
        return nil
      end
      local first, second = unwrapped(div.content[1] or div), div.content[2]
      local caption = second and unwrapped(second)
      if second and caption.t ~= 'Para' then
        return nil
      elseif prefix == 'tbl' and first.t == 'Table' then
        give_caption(first, { content = caption and caption.content or caption_of_table(first), ident = div.identifier,
          line = positions.line_of(second or div) })
        return first
      elseif prefix == 'lst' and first.t == 'CodeBlock' then
        first.identifier = div.identifier
        first.attributes.caption = first.attributes.caption or div.attributes['lst-cap']
        note.listed[div.identifier] = caption and caption.content
        return div.content[1] == first and first or div.content[1]
      elseif prefix == 'fig' and first.t == 'Para' then
        local count = 0
        local framed = first:walk {
          Image = function(image)
            count = count + 1
            image.identifier = div.identifier
            image.caption = caption and caption.content or image.caption
            return image
          end,
        }
        return count == 1 and pandoc.Div({ framed }, pandoc.Attr('', {}, { wrapper = '1', ['data-pos'] = div.attributes['data-pos'] })) or nil
      end
    end,
  }
end

local HAS_ATTRIBUTES = { Div = true, Header = true, Table = true, Figure = true, CodeBlock = true }

-- What has a number or could be referred to, in the order of the note. `figure_in` returns the image of a paragraph
-- that becomes a figure with a caption.
local function found_in(blocks, figure_in, found)
  local function add(ident, prefix, line, content)
    found[#found + 1] = { ident = ident, prefix = prefix, line = line, content = content, at = #found }
  end
  -- Of a block inside a list, the block around it may be the last that has a position.
  local line = 1
  blocks:walk {
    traverse = 'topdown',
    Block = function(block)
      local tag = block.t
      line = HAS_ATTRIBUTES[tag] and positions.line_of(block) or line
      if tag == 'Header' then
        local ident = placeholders.without_joiners(block.identifier)
        if crossrefs.prefix_of(ident) == 'sec' then
          add(ident, 'sec', line, block.content)
        end
      elseif tag == 'Div' then
        local prefix = crossrefs.prefix_of(block.identifier)
        if crossrefs.BLOCKS[prefix] then
          add(block.identifier, prefix, line)
        end
      elseif tag == 'Table' and #block.caption.long > 0 then
        add(block.identifier, 'tbl', tonumber(block.attributes['caption-line']) or line)
      elseif tag == 'CodeBlock' and crossrefs.prefix_of(block.identifier) == 'lst' then
        add(block.identifier, 'lst', positions.line_of_code(block) or line)
      elseif tag == 'Figure' and #block.caption.long > 0 then
        add(block.identifier, 'fig', line)
        return nil, false
      elseif tag == 'Para' or tag == 'Plain' then
        local image = figure_in(block.content)
        if image then
          add(image.identifier, 'fig', line)
        end
      elseif tag == 'RawBlock' and block.format == 'html' then
        found_in(pandoc.read(placeholders.restore(block.text), 'html').blocks, figure_in, found)
      end
    end,
  }
  return found
end

-- Number everything in the note that has an id, and count what has a number without one.
function crossrefs.survey(blocks, figure_in)
  local found = note.has_ids and found_in(blocks, figure_in, {}) or {}
  for _, equation in ipairs(note.equations) do
    found[#found + 1] = { ident = equation.ident, prefix = 'eq', line = equation.line, number = equation.number, at = #found }
  end
  table.sort(found, function(a, b) return a.line < b.line or a.line == b.line and a.at < b.at end)
  for _, one in ipairs(found) do
    if one.prefix ~= 'sec' and not one.number and not note.labels[one.ident] then
      note.counts[one.prefix] = (note.counts[one.prefix] or 0) + 1
      one.number = tostring(note.counts[one.prefix])
    end
    if one.ident ~= '' then
      define(one)
    end
  end
end

-- The same rule as dest_name in addresses.py.
function crossrefs.dest_name(ident)
  return 'h.' .. ident:gsub('[^%w-]', function(byte) return string.format('.%02x', byte:byte()) end)
end

-- The title of a section, for a place that is a link.
local function title_of(entry)
  local were = note.in_link
  note.in_link = true
  local title = note.without_terms(function() return walk.inlines(entry.content:walk { Note = function() return {} end }) end)
  note.in_link = were
  return title
end

local function number_in(prefix, number)
  return prefix == 'eq' and '(' .. number .. ')' or number
end

-- What a reference shows: `图 2`, `式 (3)`, “标题”; without the name where `bare`.
local function shown(entry, bare)
  if entry.prefix == 'sec' then
    local title = title_of(entry)
    return bare and title or pandoc.Inlines { pandoc.Str '“' } .. title .. { pandoc.Str '”' }
  end
  local number = number_in(entry.prefix, entry.number)
  return pandoc.Inlines { raw(bare and number or crossrefs.KINDS[entry.prefix].name .. '~' .. number) }
end

-- What a reference to another note shows. A reader of paper looks for the note first, by the number that it has in
-- contents and feet, and there for the number that is printed: `1.3 节的图 2`. A note in no chapter has a number
-- without a point: `第 4 篇的图 2`. Bare numbers are joined as books join those of chapter and figure: `1.3-2`,
-- `(1.3-4)`; the dash of page labels, `1.3–2`, is another.
local function shown_elsewhere(entry, bare)
  local prefix = crossrefs.prefix_of(entry.ident)
  if prefix == 'sec' and bare then
    return entry.title
  elseif bare and entry.number:match '^%d+$' then
    return number_in(prefix, entry.place .. '-' .. entry.number)
  end
  local place = entry.place:find('.', 1, true) and entry.place .. '~节的' or '第~' .. entry.place .. '~篇的'
  if prefix == 'sec' then
    return place .. '“' .. entry.title .. '”'
  end
  return place .. (bare and '~' or crossrefs.KINDS[prefix].name .. '~') .. number_in(prefix, entry.number)
end

-- Whether there is something to refer to, in this note or in another one.
function crossrefs.known(ident)
  return note.labels[ident] or note.elsewhere[ident]
end

-- What a reference begins with: a hanzi, which closes up to the one before it, a digit, which does not, or a sign.
function crossrefs.begins_with(ident, bare)
  if note.labels[ident] then
    return bare and 'sign' or 'hanzi'
  end
  local first = shown_elsewhere(note.elsewhere[ident], bare):sub(1, 1)
  return first:match '%d' and 'digit' or first:match '[\xE4-\xE9]' and 'hanzi' or 'sign'
end

-- A reference to an id that is known.
function crossrefs.reference(ident, bare)
  if note.labels[ident] then
    local open = raw('\\placelink{' .. crossrefs.dest_name(ident) .. '}{')
    return pandoc.Inlines { open } .. shown(note.labels[ident], bare) .. { raw '}' }
  end
  local entry = note.elsewhere[ident]
  return pandoc.Inlines { raw('\\notelink{' .. entry.uri .. '}{' .. shown_elsewhere(entry, bare) .. '}') }
end

-- The number TeX's counter has to have before it counts what is written now: one with an id, or any other.
function crossrefs.counter(prefix, ident)
  local entry = note.labels[ident or '']
  local number = entry and tonumber(entry.number) or (note.written[prefix] or 0) + 1
  note.written[prefix] = number
  return tostring(number - 1)
end

-- All ids with their numbers, "" for a section, sorted by id; where other notes want to know, the titles as well.
function crossrefs.labels(titled)
  local found = pandoc.List()
  for ident, entry in pairs(note.labels) do
    local title = titled and entry.prefix == 'sec' and write.inlines(title_of(entry)) or nil
    found:insert { ident = ident, number = entry.prefix ~= 'sec' and entry.number or '', title = title }
  end
  found:sort(function(a, b) return a.ident < b.ident end)
  return found
end

return crossrefs
