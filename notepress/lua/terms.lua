-- Terms with their translations -> the glossary's entries: `**困惑度**（perplexity）`, `**长短期记忆网络**（long short-term
-- memory，LSTM）`. Bold text with hanzi in it, and right after it parentheses that begin with a Latin letter.

local crossrefs = require 'crossrefs'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local terms = {}

local JOINER = '\u{FFA0}'
-- What makes of bold text a sentence.
local SENTENCE = { '。', '，', '；', '：', '！', '？' }
local OPENING, CLOSING = { ['('] = true, ['（'] = true }, { [')'] = true, ['）'] = true }
local COMMAS = { [','] = true, ['，'] = true, ['、'] = true, [';'] = true, ['；'] = true }

-- Begin a note: what has no such parentheses costs nothing.
function terms.start(text)
  note.terms, note.known_terms = pandoc.List(), {}
  note.has_terms = text:find('**（', 1, true) ~= nil or text:find('**' .. JOINER .. '（', 1, true) ~= nil
    or text:find('**(', 1, true) ~= nil
end

local function has_hanzi(text)
  return text:find '[\xE4-\xE9][\x80-\xBF][\x80-\xBF]' ~= nil
end

-- A name by itself: words, emphasis and formulas. Footnotes and pictures stay behind, links without their target.
local function name_in(inlines)
  local function nothing()
    return {}
  end
  local function content(inline)
    return inline.content
  end
  return pandoc.Inlines(inlines):walk {
    Image = nothing, Note = nothing, RawInline = nothing, Link = content, Span = content, SoftBreak = function() return pandoc.Space() end,
  }
end

local function plain(inlines)
  local text = placeholders.restore(pandoc.utils.stringify(inlines)):gsub('%$', ''):gsub('%s+', ' ')
  -- A name may go on in the next line, where hanzi keep no space.
  local hanzi = '[\xE4-\xE9][\x80-\xBF][\x80-\xBF]'
  return (text:gsub('^ ', ''):gsub(' $', ''):gsub('(' .. hanzi .. ') (' .. hanzi .. ')', '%1%2'))
end

local function is_sentence(text)
  for _, mark in ipairs(SENTENCE) do
    if text:find(mark, 1, true) then
      return true
    end
  end
  return false
end

-- The parts, between commas, of what stands in the parentheses that open `flat[from]`; nil where they are no such ones.
-- Citations and footnotes in them are no part of a name.
local function parts_from(flat, tags, texts, from)
  local parts, depth = { pandoc.Inlines {} }, 0
  local function add_text(text)
    local word = ''
    local function flush()
      if word ~= '' then
        parts[#parts]:insert(pandoc.Str(word))
      end
      word = ''
    end
    for _, code in utf8.codes(text) do
      local char = utf8.char(code)
      depth = depth + (OPENING[char] and 1 or CLOSING[char] and -1 or 0)
      if depth == 0 then
        flush()
        return true
      elseif COMMAS[char] and depth == 1 then
        flush()
        parts[#parts + 1] = pandoc.Inlines {}
      elseif not (OPENING[char] and depth == 1) then
        word = word .. char
      end
    end
    flush()
    return false
  end
  for index = from, #flat do
    local tag = tags[index]
    if tag == 'Str' then
      if add_text(placeholders.without_joiners(texts[index])) then
        return parts
      end
    elseif tag == 'Space' or tag == 'SoftBreak' then
      parts[#parts]:insert(pandoc.Space())
    elseif tag == 'Emph' or tag == 'Link' then
      parts[#parts]:extend(name_in(flat[index].content))
    elseif tag ~= 'RawInline' and tag ~= 'Note' then
      return nil
    end
  end
  return nil
end

-- English name and abbreviation: of two names the second is short for the first; more are one name, with its commas.
local function names_in(parts)
  local first = plain(parts[1])
  if not first:match '^[%a\xC3-\xC9]' or has_hanzi(first) then
    return nil
  end
  local names = { parts[1] }
  for index = 2, #parts do
    local name = plain(parts[index])
    if name:match '^[%w\xC3-\xC9]' and not has_hanzi(name) then
      names[#names + 1] = parts[index]
    end
  end
  if #names <= 2 then
    return names[1], names[2] or pandoc.Inlines {}
  end
  local all = names[1]
  for index = 2, #names do
    all:insert(pandoc.Str ',')
    all:extend(names[index])
  end
  return all, pandoc.Inlines {}
end

-- What LaTeX reads as it stands: letters, hanzi and what joins them. pandoc's writer takes half a millisecond for each.
local function is_simple(inlines, text)
  for _, inline in ipairs(inlines) do
    if inline.t ~= 'Str' and inline.t ~= 'Space' then
      return false
    end
  end
  return text:match '^[%w ,.()/\x80-\xFF-]*$' and not text:find '[\xC2\xE2\xEF]'
end

local function wording(inlines, line)
  local text = plain(inlines)
  local raw = pandoc.utils.stringify(inlines)
  if is_simple(inlines, raw) then
    return { text = text, latex = text }
  end
  local trimmed = pandoc.Inlines {}
  for _, inline in ipairs(inlines) do
    if #trimmed > 0 or inline.t ~= 'Space' then
      trimmed:insert(inline)
    end
  end
  return { text = text, latex = write.inlines(walk.inlines(trimmed, line)) }
end

-- If the bold `flat[index]` is a term, enter it and return the name of its place; nil for what was entered before.
function terms.define(flat, tags, texts, index, line)
  local following = tags[index + 1] == 'Str' and placeholders.without_joiners(texts[index + 1])
  if not following or not (following:sub(1, 1) == '(' or following:sub(1, 3) == '（') then
    return nil
  end
  local bold = name_in(flat[index].content)
  local text = plain(bold)
  local parts = has_hanzi(text) and not is_sentence(text) and parts_from(flat, tags, texts, index + 1)
  local name, short = nil, nil
  if parts then
    name, short = names_in(parts)
  end
  if not name then
    return nil
  end
  local key = text .. '\n' .. plain(name)
  if note.known_terms[key] then
    return nil
  end
  note.known_terms[key] = true
  -- The first word knows its line even in a table.
  local first = flat[index].content[1]
  note.terms:insert {
    ident = 'term:' .. #note.terms + 1, line = first and positions.line_of(first) or line or note.line,
    chinese = wording(bold, line), english = wording(name, line), abbreviation = wording(short, line),
  }
  return note.terms[#note.terms].ident
end

-- The parenthesis that follows a term, taken off `texts[index]`, and the place of the term. Right after it nothing can
-- break and no glue belongs, so that the place moves nothing; before the term it would keep marks from closing up.
function terms.opening(flat, texts, index, ident)
  local text = placeholders.without_joiners(texts[index])
  local mark = text:match '^%(' or text:sub(1, #'（')
  texts[index] = text:sub(#mark + 1)
  flat[index] = pandoc.Str(texts[index])
  return { pandoc.Str(mark), write.raw('\\termdest{' .. crossrefs.dest_name(ident) .. '}') }
end

return terms
