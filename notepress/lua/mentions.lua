-- Words with @ in running text -> references, citations, or the text they are.
--
-- `@fig-x`, `[-@fig-x]`, `[见 @fig-x, @fig-y]`, `@key`, `[@a; @b, 第 3 章]`. Whatever names nothing stays as it is.

local citations = require 'citations'
local crossrefs = require 'crossrefs'
local note = require 'note'

local mentions = {}

-- Characters of an id: ASCII letters, digits and what joins them; letters of other scripts, hanzi among them.
local function belongs(code)
  if code < 0x80 then
    return string.char(code):match '[%w_:.+/&~-]' ~= nil
  end
  return code >= 0xC0 and code < 0x2000 or code >= 0x3400 and code < 0xA000 or code >= 0xAC00 and code < 0xD800
    or code >= 0x20000 and code < 0x40000
end

-- What the note itself has comes first.
local function known_here(key)
  return note.labels[key] or citations.known(key)
end

local function known_elsewhere(key)
  return note.elsewhere[key]
end

-- The id that begins at byte `from`: the longest one that is known, for a hanzi that follows may belong to the
-- sentence; else all of it up to a hanzi or a full stop. Returns "" where there is none.
local function key_at(text, from)
  local run, cuts, latin = '', {}, nil
  for at, code in utf8.codes(text:sub(from)) do
    if not belongs(code) then
      break
    end
    local char = utf8.char(code)
    -- A Latin word is one piece; what comes after it may be another.
    if code >= 0x80 or not (run:match '[%w_]$' and char:match '[%w_]') then
      cuts[#cuts + 1] = run
    end
    latin = latin or code >= 0x80 and run
    run = text:sub(from, from + at + #char - 2)
  end
  cuts[#cuts + 1] = run
  for _, known in ipairs { known_here, known_elsewhere } do
    for index = #cuts, 1, -1 do
      if known(cuts[index]) then
        return cuts[index]
      end
    end
  end
  local word = latin and latin:match '[%w_]$' and latin or run
  return (word:gsub('[:.+/&~-]+$', ''))
end

-- Cut text at each `@id`: a list of strings and of {key, bare}. A mail address or a decorator in a word is text.
local function cut(text)
  local pieces, here, from = {}, 1, 1
  while true do
    local at = text:find('@', from, true)
    if not at then
      break
    end
    local key = (at == 1 or not text:sub(at - 1, at - 1):match '[%w_@/]') and key_at(text, at + 1) or ''
    if key ~= '' then
      local bare = text:sub(at - 1, at - 1) == '-' and at - 1 >= here
      pieces[#pieces + 1] = text:sub(here, at - (bare and 2 or 1))
      pieces[#pieces + 1] = { key = key, bare = bare }
      here = at + 1 + #key
    end
    from = at + 1 + #key
  end
  pieces[#pieces + 1] = text:sub(here)
  return pieces
end

-- All of a list of inlines as tokens {tag, inline | text | key}; `breaks` as in positions.unwrap. Words are cut at
-- brackets and at ids.
local function tokens_of(flat, breaks, tags, texts)
  local tokens = {}
  for index, inline in ipairs(flat) do
    if tags[index] == 'Str' and texts[index]:find '[@%[%]]' then
      for _, piece in ipairs(cut(texts[index])) do
        if type(piece) == 'table' then
          tokens[#tokens + 1] = { tag = 'Key', key = piece.key, bare = piece.bare }
        else
          for before, bracket in (piece .. '\0'):gmatch '([^%[%]%z]*)([%[%]%z])' do
            if before ~= '' then
              tokens[#tokens + 1] = { tag = 'Str', text = before }
            end
            if bracket ~= '\0' then
              tokens[#tokens + 1] = { tag = bracket, text = bracket }
            end
          end
        end
      end
    else
      tokens[#tokens + 1] = { tag = tags[index], inline = inline, text = texts[index], line = breaks[index] }
    end
  end
  return tokens
end

local function closing(tokens, from)
  local depth = 0
  for index = from, #tokens do
    local tag = tokens[index].tag
    depth = depth + (tag == '[' and 1 or tag == ']' and -1 or 0)
    if depth == 0 then
      return index
    end
  end
end

local Writer = {}
Writer.__index = Writer

function Writer:add(tag, inline, text, line)
  local at = #self.flat + 1
  self.flat[at], self.tags[at], self.texts[at], self.breaks[at] = inline, tag, text, line
  self.line = line or self.line
end

function Writer:text(text)
  if text == '' then
    return
  end
  -- A hanzi keeps its distance from a number; TeX would, were there no link between the two.
  if self.numbered == #self.flat and text:match '^[\xE4-\xE9]' then
    self:add('Space', pandoc.Space())
  end
  self:add('Str', pandoc.Str(text), text)
end

-- Chinese sets no space before what begins with a hanzi, or with a raised number.
function Writer:close_up()
  local last = #self.flat
  local before = self.texts[last - 1]
  if self.tags[last] == 'Space' and before and before:byte(-1) >= 0x80 then
    self.flat[last], self.tags[last] = nil, nil
  end
end

-- A number keeps its distance from the hanzi before it.
function Writer:keep_away()
  local last = #self.flat
  if self.tags[last] == 'Str' and self.texts[last]:match '[\xE4-\xE9][\x80-\xBF][\x80-\xBF]$' then
    self:add('Space', pandoc.Space())
  end
end

function Writer:raised()
  local last = #self.flat
  if self.tags[last] == 'Space' then
    self.flat[last], self.tags[last] = nil, nil
  end
end

function Writer:extend(inlines)
  for _, inline in ipairs(inlines) do
    self:add(inline.t, inline, inline.t == 'Str' and inline.text or nil)
  end
end

-- Write `@key` as what it names; what names nothing stays text.
function Writer:key(token, in_brackets)
  local dash = token.bare and '-' or ''
  -- An entry of a bibliography comes before what another note has.
  if note.labels[token.key] or note.elsewhere[token.key] and not citations.known(token.key) then
    if token.bare and not in_brackets then
      self:text '-'
    end
    local bare = token.bare and in_brackets
    if not note.labels[token.key] then
      note.crossed:insert { ident = token.key, line = self.line or note.line }
    end
    local first = crossrefs.begins_with(token.key, bare)
    if first == 'hanzi' then
      self:close_up()
    elseif first == 'digit' then
      self:keep_away()
    end
    self:extend(crossrefs.reference(token.key, bare))
    self.numbered = #self.flat
  elseif citations.known(token.key) then
    self:text(dash)
    self:extend(citations.in_text(token.key))
  else
    local kind = crossrefs.prefix_of(token.key) and 'reference' or 'word'
    note.unknown:insert { key = token.key, line = self.line or note.line, kind = kind }
    self:text(dash .. '@' .. token.key)
  end
end

function Writer:token(token, in_brackets)
  if token.tag == 'Key' then
    self:key(token, in_brackets)
  elseif token.inline then
    self:add(token.tag, token.inline, token.text, token.line)
  else
    self:text(token.text)
  end
end

-- What a pair of brackets holds: 'references', 'citations', or nil where it is text.
local function kind_of(tokens, from, to)
  local first, references, cited, words = nil, 0, 0, 0
  for index = from, to do
    local token = tokens[index]
    first = first or token.tag
    if token.tag == 'Key' then
      if crossrefs.known(token.key) or crossrefs.prefix_of(token.key) then
        references = references + 1
      elseif citations.known(token.key) then
        cited = cited + 1
      else
        words = words + 1
      end
    elseif token.tag == '[' or token.tag == ']' then
      return nil
    end
  end
  if references > 0 and cited + words == 0 then
    return 'references'
  elseif references == 0 and (cited > 0 or words > 0 and first == 'Key') then
    return 'citations'
  end
end

-- `[@fig-a; @fig-b]`: without the brackets, and what separates is a comma of lists.
function Writer:references(tokens, from, to)
  local index = from
  while index <= to do
    local token = tokens[index]
    local following = tokens[index + 1]
    if token.tag == 'Str' and token.text and token.text:match '^[;；]$' then
      self:text '、'
      index = index + (following and following.tag == 'Space' and 2 or 1)
    else
      self:token(token, true)
      index = index + 1
    end
  end
end

-- Resolve every @ in inlines as positions.unwrap returns them; returns the same four lists.
function mentions.resolve(flat, breaks, tags, texts, line)
  local any = false
  for _, text in pairs(texts) do
    any = any or text:find('@', 1, true)
  end
  if not any then
    return flat, breaks, tags, texts
  end
  local writer = setmetatable({ flat = {}, breaks = {}, tags = {}, texts = {}, line = line }, Writer)
  local tokens = tokens_of(flat, breaks, tags, texts)
  local index = 1
  while index <= #tokens do
    local token = tokens[index]
    local last = token.tag == '[' and closing(tokens, index)
    local kind = last and kind_of(tokens, index + 1, last - 1)
    if kind == 'references' then
      writer:references(tokens, index + 1, last - 1)
      index = last
    elseif kind == 'citations' then
      citations.group(writer, tokens, index, last)
      index = last
    else
      writer:token(token, false)
    end
    index = index + 1
  end
  return writer.flat, writer.breaks, writer.tags, writer.texts
end

return mentions
