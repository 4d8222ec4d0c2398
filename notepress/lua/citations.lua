-- Citations by number, in the order of their first mention, and the list of references at the end of the note
-- (GB/T 7714-2015, numeric style). pandoc's citeproc formats the entries with data/gb-t-7714-numeric.csl.

local crossrefs = require 'crossrefs'
local note = require 'note'
local positions = require 'positions'
local walk = require 'walk'
local write = require 'write'

local raw = write.raw

local citations = {}

local CSL = arg[0]:gsub('[^/\\]*$', '') .. 'data/gb-t-7714-numeric.csl'
-- Where the note wants the list: a Div with this id, as in pandoc.
local PLACE = 'refs'
local HEADINGS = { ['参考文献'] = true, ['参考资料'] = true, References = true, Bibliography = true }

local function has_hanzi(text)
  return text:find '[\xE4-\xE9][\x80-\xBF][\x80-\xBF]' ~= nil
end

-- Entries that pandoc reads, by key, kept because the notes that cite them are saved again and again; and what became of
-- some of them in a list, by language: `keys` are those, joined.
local read_before = { text = nil, entries = {}, lists = {} }

-- BibTeX calls whatever has no better kind @misc: with an address in the net it is a document there.
local function completed(entry)
  local type = pandoc.utils.stringify(entry.type or '')
  entry.type = type ~= '' and type or entry.url and 'article' or 'document'
  return entry
end

-- Read entries one by one where reading all of them failed, to say which of them is broken.
local function read_each(request, entries)
  for _, source in ipairs(request.references) do
    local ok, result = pcall(pandoc.read, request.strings .. source.text, 'biblatex')
    if not ok then
      note.unreadable:insert { key = source.key, message = tostring(result) }
    else
      for _, entry in ipairs(result.meta.references or {}) do
        entries[pandoc.utils.stringify(entry.id)] = completed(entry)
      end
    end
  end
end

-- Begin a note: `references` are the entries it may cite, {key, text} each, `strings` what they abbreviate.
function citations.start(request)
  note.cited, note.cited_line = pandoc.List(), nil
  note.numbers, note.references, note.unreadable = {}, {}, pandoc.List()
  if not request.references or #request.references == 0 then
    return
  end
  local parts = { request.strings }
  for _, source in ipairs(request.references) do
    parts[#parts + 1] = source.text
  end
  local text = table.concat(parts, '\n')
  if read_before.text ~= text then
    local entries = {}
    local ok, result = pcall(pandoc.read, text, 'biblatex')
    if ok then
      for _, entry in ipairs(result.meta.references or {}) do
        entries[pandoc.utils.stringify(entry.id)] = completed(entry)
      end
    else
      read_each(request, entries)
    end
    read_before = { text = ok and text or nil, entries = entries, lists = {} }
  end
  note.references = read_before.entries
end

function citations.known(key)
  return note.references[key] ~= nil
end

local function number_of(key)
  if not note.numbers[key] then
    note.cited:insert(key)
    note.numbers[key] = #note.cited
    note.cited_line = note.cited_line or note.line
  end
  return note.numbers[key]
end

local function dest_of(key)
  return crossrefs.dest_name('ref-' .. key)
end

local function linked(key, text)
  return '\\placelink{' .. dest_of(key) .. '}{' .. text .. '}'
end

-- `1,3-5` for keys, each number a link to its entry; more than two in a row are a range.
local function numbers(keys)
  local sorted = {}
  for _, key in ipairs(keys) do
    sorted[#sorted + 1] = { number = number_of(key), key = key }
  end
  table.sort(sorted, function(a, b) return a.number < b.number end)
  local parts, index = {}, 1
  while index <= #sorted do
    local last = index
    while sorted[last + 1] and sorted[last + 1].number <= sorted[last].number + 1 do
      last = last + 1
    end
    local first, final = sorted[index], sorted[last]
    parts[#parts + 1] = linked(first.key, first.number)
    if final.number > first.number then
      local joint = final.number > first.number + 1 and '-' or ','
      parts[#parts] = parts[#parts] .. joint .. linked(final.key, final.number)
    end
    index = last + 1
  end
  return '[' .. table.concat(parts, ',') .. ']'
end

local function last_name(author)
  local name = type(author) == 'table' and (author.family or author.literal) or author
  return pandoc.utils.stringify(name or '')
end

-- Who wrote it, as a sentence says it: `Vaswani 等`, `周志华`.
local function authors(entry)
  local names = entry.author or entry.editor
  if not names or #names == 0 then
    return '《' .. pandoc.utils.stringify(entry.title or '') .. '》'
  end
  local first = last_name(names[1])
  local space = has_hanzi(first) and '' or ' '
  if #names == 1 then
    return first
  elseif #names == 2 then
    return first .. space .. '和' .. (has_hanzi(last_name(names[2])) and '' or ' ') .. last_name(names[2])
  end
  return first .. space .. '等'
end

-- `@key` in a sentence: its authors and the number.
function citations.in_text(key)
  return pandoc.Inlines { pandoc.Str(authors(note.references[key])), raw('\\citenumber{' .. numbers { key } .. '}') }
end

local function trimmed(tokens)
  while tokens[1] and (tokens[1].tag == 'Space' or tokens[1].text and tokens[1].text:match '^[,，]*$') do
    table.remove(tokens, 1)
  end
  if tokens[1] and tokens[1].tag == 'Str' and not tokens[1].inline then
    tokens[1].text = tokens[1].text:gsub('^，', ''):gsub('^,', '')
    return tokens[1].text == '' and trimmed(tokens) or tokens
  end
  return tokens
end

-- The citations between brackets: {prefix tokens, key, suffix tokens} each.
local function items_of(tokens, from, to)
  local items = { { before = {}, after = {} } }
  for index = from, to do
    local token, item = tokens[index], items[#items]
    if token.tag == 'Key' then
      if item.key then
        item = { before = {}, after = {} }
        items[#items + 1] = item
      end
      item.key = token.key
    elseif token.text and token.text:match '^[;；]' and item.key then
      items[#items + 1] = { before = {}, after = {} }
      local rest = token.text:gsub('^；', ''):gsub('^;', '')
      if rest ~= '' then
        table.insert(items[#items].before, { tag = 'Str', text = rest })
      end
    elseif item.key then
      table.insert(item.after, token)
    elseif token.tag ~= 'Space' or #item.before > 0 then
      table.insert(item.before, token)
    end
  end
  return items
end

-- Write `[参见 @a; @b, 第 3 章]`: what comes first is text, numbers are raised, and so is the place in a work.
function citations.group(writer, tokens, from, to)
  local keys = {}
  local function flush()
    if #keys > 0 then
      writer:raised()
      writer:extend { raw('\\citenumber{' .. numbers(keys) .. '}') }
      keys = {}
    end
  end
  for _, item in ipairs(items_of(tokens, from + 1, to - 1)) do
    if #item.before > 0 then
      flush()
    end
    for _, token in ipairs(item.before) do
      writer:token(token, true)
    end
    if item.key and citations.known(item.key) then
      keys[#keys + 1] = item.key
    elseif item.key then
      flush()
      note.unknown:insert { key = item.key, line = writer.line or note.line, kind = 'citation' }
      writer:text('[?' .. item.key .. ']')
    end
    local after = trimmed(item.after)
    if #after > 0 then
      flush()
      writer:extend { raw '\\citeplace{' }
      for _, token in ipairs(after) do
        writer:token(token, true)
      end
      writer:extend { raw '}' }
    end
  end
  flush()
end

-- The entries of some keys as the locale of a language has them: `等` or `et al.`.
local function formatted(keys, language)
  local joined = table.concat(keys, '\n')
  local before = read_before.lists[language]
  if before and before.keys == joined then
    return before.entries
  end
  local references, cites = pandoc.List(), pandoc.List()
  for _, key in ipairs(keys) do
    references:insert(note.references[key])
    cites:insert(pandoc.Citation(key, 'NormalCitation'))
  end
  local doc = pandoc.Pandoc({ pandoc.Para { pandoc.Cite({}, cites) } }, { references = references, lang = language, csl = CSL })
  local entries = {}
  pandoc.Blocks(pandoc.utils.citeproc(doc).blocks):walk {
    Div = function(div)
      local key = div.identifier:match '^ref%-(.+)'
      if key then
        entries[key] = pandoc.utils.blocks_to_inlines(div.content)
      end
    end,
  }
  read_before.lists[language] = { keys = joined, entries = entries }
  return entries
end

-- All that was cited, as a list in the order of the numbers.
local function list()
  local by_language = { ['zh-CN'] = pandoc.List(), ['en-US'] = pandoc.List() }
  for _, key in ipairs(note.cited) do
    local entry = note.references[key]
    local named = (entry.author or entry.editor or {})[1]
    local chinese = has_hanzi(pandoc.utils.stringify(entry.title or '')) or named and has_hanzi(last_name(named))
    by_language[chinese and 'zh-CN' or 'en-US']:insert(key)
  end
  local entries = {}
  for language, keys in pairs(by_language) do
    if #keys > 0 then
      for key, content in pairs(formatted(keys, language)) do
        entries[key] = content
      end
    end
  end
  local out = pandoc.Blocks { write.raw_block('\\begin{notereferences}{' .. #note.cited .. '}') }
  for number, key in ipairs(note.cited) do
    local item = raw('\\notereference{' .. dest_of(key) .. '}{' .. number .. '} ')
    out:insert(pandoc.Plain(pandoc.Inlines { item } .. (entries[key] or {})))
  end
  out:insert(write.raw_block('\\end{notereferences}'))
  out:insert(1, write.raw_block(positions.marker(note.cited_line, true)))
  return out
end

-- Put the list where the note wants it, else at its end, with a heading unless the note ends with one for it.
function citations.finish(blocks)
  if #note.cited == 0 or note.unwritten then
    return blocks
  end
  local done = false
  blocks = note.text:find(PLACE, 1, true) and pandoc.Blocks(blocks):walk {
    Div = function(div)
      if div.identifier == PLACE and not done then
        done = true
        return list()
      end
    end,
  } or blocks
  if done then
    return blocks
  end
  local last = blocks[#blocks]
  if not (last and last.t == 'Header' and HEADINGS[note.headings[#note.headings].text]) then
    local heading = pandoc.Header(note.shift + 1, { pandoc.Str '参考文献' }, pandoc.Attr 'refs')
    blocks:extend(walk.blocks({ heading }, { line = note.cited_line }))
  end
  blocks:extend(list())
  return blocks
end

return citations
