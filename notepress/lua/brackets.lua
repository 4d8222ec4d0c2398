-- What Obsidian and Typora write in running text and pandoc's CommonMark does not know: `[[note|text]]`, `![[image]]`,
-- `==marked==`, `^[footnote]`.
--
-- Works on lists as positions.unwrap returns them, in which code, formulas and addresses are elements of their own, so
-- nothing in them is taken for a bracket. `[[…]]` becomes a link or an image of the class `wikilink`, whose target is the
-- name that stands there: Python knows which file has it.

local placeholders = require 'placeholders'

local brackets = {}

local IMAGES = { png = true, jpg = true, jpeg = true, gif = true, svg = true, webp = true, bmp = true, avif = true,
  tif = true, tiff = true, pdf = true, tikz = true }

-- The text of a Str in pieces: brackets, `^[` and `==` apart. A longer run of = is a line, or an operator.
local function pieces_of(text)
  local pieces, here, from = {}, 1, 1
  local function cut(first, last)
    if first > here then
      pieces[#pieces + 1] = text:sub(here, first - 1)
    end
    pieces[#pieces + 1] = text:sub(first, last)
    here, from = last + 1, last + 1
  end
  while true do
    local at = text:find('[%[%]=]', from)
    if not at then
      break
    end
    local char = text:sub(at, at)
    if char == '=' then
      local run = text:match('^=+', at)
      if #run == 2 then
        cut(at, at + 1)
      else
        from = at + #run
      end
    elseif char == '[' and text:sub(at - 1, at - 1) == '^' and at - 1 >= here then
      cut(at - 1, at)
    else
      cut(at, at)
    end
  end
  if here <= #text then
    pieces[#pieces + 1] = text:sub(here)
  end
  return pieces
end

-- Tokens {tag, text | inline, line}: `tag` is a bracket, `^[`, `==`, or the tag of the inline; `glued` is whether the
-- token before it stands in the same word.
local function tokens_of(flat, breaks, tags, texts)
  local tokens = {}
  for index, inline in ipairs(flat) do
    if tags[index] == 'Str' then
      for at, piece in ipairs(pieces_of(texts[index])) do
        local special = piece == '[' or piece == ']' or piece == '^[' or piece == '=='
        tokens[#tokens + 1] = { tag = special and piece or 'Str', text = piece, glued = at > 1 }
      end
    else
      tokens[#tokens + 1] = { tag = tags[index], inline = inline, line = breaks[index] }
    end
  end
  return tokens
end

local Writer = {}
Writer.__index = Writer

local function writer()
  return setmetatable({ flat = {}, breaks = {}, tags = {}, texts = {}, word = '' }, Writer)
end

function Writer:flush()
  if self.word ~= '' then
    local at = #self.flat + 1
    self.flat[at], self.tags[at], self.texts[at] = pandoc.Str(self.word), 'Str', self.word
    self.word = ''
  end
end

function Writer:add(inline, line)
  self:flush()
  local at = #self.flat + 1
  self.flat[at], self.tags[at], self.breaks[at] = inline, inline.t, line
end

function Writer:token(token)
  if token.inline then
    self:add(token.inline, token.line)
  else
    self.word = self.word .. token.text
  end
end

local function inlines_of(tokens, from, to)
  local out = writer()
  for index = from, to do
    out:token(tokens[index])
  end
  out:flush()
  return pandoc.Inlines(out.flat)
end

local SPACES = { Space = true, SoftBreak = true, LineBreak = true }

-- Where `[[` at `from` is closed on its line, as the place of the first of the two brackets.
local function wiki_end(tokens, from)
  if not (tokens[from + 1] and tokens[from + 1].tag == '[' and tokens[from + 1].glued) then
    return nil
  end
  -- A test of a shell begins with a space.
  if SPACES[(tokens[from + 2] or tokens[from]).tag] then
    return nil
  end
  for index = from + 2, #tokens - 1 do
    local tag = tokens[index].tag
    if tag == '[' or tag == '^[' or tag == 'SoftBreak' or tag == 'LineBreak' then
      return nil
    elseif tag == ']' then
      local closes = tokens[index + 1].tag == ']' and tokens[index + 1].glued
      return closes and index > from + 2 and index or nil
    end
  end
end

-- The width and height of `300` and `300x200`, in pixels of CSS.
local function size_of(words)
  local width, height = words:match '^%s*(%d+)%s*$', nil
  if not width then
    width, height = words:match '^%s*(%d+)[xX](%d+)%s*$'
  end
  return width, height
end

-- Take what stands after the last bar of an image's text for its size.
function brackets.sized(image)
  local words = pandoc.utils.stringify(image.caption)
  local before, size = words:match '^(.*)|([^|]*)$'
  local width, height = size_of(size or words)
  if width and (size or image.classes:includes 'wikilink') then
    image.attributes.width, image.attributes.height = width .. 'px', height and height .. 'px'
    image.caption = before and pandoc.Inlines(before) or pandoc.Inlines {}
  end
  return image
end

-- The name before the bar as it stands in the file, and the inlines after it.
local function halves(tokens, from, to)
  for index = from, to do
    local before, after = (tokens[index].text or ''):match '^([^|]*)|(.*)$'
    if before then
      local name = pandoc.utils.stringify(inlines_of(tokens, from, index - 1)) .. before
      local label = inlines_of(tokens, index + 1, to)
      if after ~= '' then
        label:insert(1, pandoc.Str(after))
      end
      return name, label
    end
  end
  return pandoc.utils.stringify(inlines_of(tokens, from, to)), nil
end

local function wikilink(tokens, from, to, embedded)
  local name, label = halves(tokens, from, to)
  name = placeholders.restore(name):match '^%s*(.-)%s*$'
  local attributes = pandoc.Attr('', { 'wikilink' }, embedded and { embedded = '1' } or {})
  local suffix = name:match '%.(%w+)$'
  if embedded and suffix and IMAGES[suffix:lower()] then
    return brackets.sized(pandoc.Image(label or {}, name, '', attributes))
  end
  -- Obsidian shows the path to a heading with angles, and a heading of this note alone.
  local shown = name:gsub('^#+', ''):gsub('%^', ''):gsub('#', ' > ')
  return pandoc.Link(label and #label > 0 and label or pandoc.Inlines(shown), name, '', attributes)
end

local function note_end(tokens, from)
  local depth = 0
  for index = from, #tokens do
    local tag = tokens[index].tag
    depth = depth + ((tag == '[' or tag == '^[') and 1 or tag == ']' and -1 or 0)
    if depth == 0 then
      return index > from + 1 and index or nil
    end
  end
end

-- Where `==` at `from` is closed. Between letters of Latin it is an operator.
local function mark_end(tokens, from, last)
  local before, after = tokens[from - 1], tokens[from + 1]
  if not after or SPACES[after.tag] or before and before.tag == 'Str' and before.text:match '[%w_)%]]$' then
    return nil
  end
  for index = from + 2, last do
    if tokens[index].tag == '==' and not SPACES[tokens[index - 1].tag] then
      return index
    end
  end
end

-- Write tokens from `from` to `last`; inside a mark there is no other.
local function write(tokens, from, last, out, marked)
  local index = from
  while index <= last do
    local token = tokens[index]
    local tag = token.tag
    local ends = tag == '[' and wiki_end(tokens, index) or tag == '^[' and note_end(tokens, index)
      or tag == '==' and not marked and mark_end(tokens, index, last)
    if not ends or ends > last then
      out:token(token)
      index = index + 1
    elseif tag == '[' then
      local embedded = out.word:sub(-1) == '!'
      if embedded then
        out.word = out.word:sub(1, -2)
      end
      out:add(wikilink(tokens, index + 2, ends - 1, embedded))
      index = ends + 2
    elseif tag == '^[' then
      out:add(pandoc.Note { pandoc.Para(inlines_of(tokens, index + 1, ends - 1)) })
      index = ends + 1
    else
      local inside = writer()
      write(tokens, index + 1, ends - 1, inside, true)
      inside:flush()
      out:add(pandoc.Span(pandoc.Inlines(inside.flat), pandoc.Attr('', { 'mark' })))
      index = ends + 1
    end
  end
end

-- Resolve all of them in inlines as positions.unwrap returns them; returns the same four lists.
function brackets.resolve(flat, breaks, tags, texts)
  local any = false
  for _, text in pairs(texts) do
    any = any or text:find '%[%[' or text:find('==', 1, true) or text:find '%^%['
  end
  if not any then
    return flat, breaks, tags, texts
  end
  local tokens, out = tokens_of(flat, breaks, tags, texts), writer()
  write(tokens, 1, #tokens, out, false)
  out:flush()
  return out.flat, out.breaks, out.tags, out.texts
end

return brackets
