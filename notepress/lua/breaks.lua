-- Where a line may end within code, and within words that no language has.

local write = require 'write'

local breaks = {}

-- TeX breaks no line within code, so a path would run off the page. It may break after a sign between letters, and in
-- what has none of them for long; what is short stays whole.
local WHOLE = 12

-- Code in pieces between which a line may end.
function breaks.code(text)
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
    made[#made + 1] = index > 1 and write.raw '\\codebreak{}' or nil
    made[#made + 1] = pandoc.Code(part)
  end
  return made
end

-- No word of a language is so long; TeX would look for hyphens in it until the time is over, or break down.
local ENDLESS = 60
local ENDLESS_WORD = ('[!-~]'):rep(ENDLESS)

-- Whether there is such a word in a text.
function breaks.is_endless(text)
  return #text > ENDLESS and text:find(ENDLESS_WORD) ~= nil
end

-- The words of such a text, of which the endless ones may be broken anywhere.
function breaks.words(text)
  local made = {}
  local here = 1
  for from, word, to in text:gmatch '()([!-~]+)()' do
    if #word > ENDLESS then
      made[#made + 1] = here < from and pandoc.Str(text:sub(here, from - 1)) or nil
      for at = from, to - 1, WHOLE do
        made[#made + 1] = at > from and write.raw '\\codebreak{}' or nil
        made[#made + 1] = pandoc.Str(text:sub(at, math.min(at + WHOLE, to) - 1))
      end
      here = to
    end
  end
  made[#made + 1] = here <= #text and pandoc.Str(text:sub(here)) or nil
  return made
end

return breaks
