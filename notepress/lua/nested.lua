-- Footnotes within footnotes, which pandoc forgets, and never comes back from where one refers to itself. Their marks in
-- the text of a footnote become placeholders, and a paragraph at the end of the note has the footnotes that they mean.

local note = require 'note'

local nested = {}

local MARK, CLOSE = '\u{FDD8}', '\u{FDD1}'
-- Not deeper than three spaces, where it may be code or the text of a list.
local DEFINED = '^[> ]? ? ?%[%^([^%]%s]+)%]:'

-- Each line, and whether it belongs to the text of a footnote: what is indented or goes on from the line before does.
local function lines_of(text)
  local lines, within, blank, fence = {}, false, true, nil
  for line in (text .. '\n'):gmatch '(.-)\n' do
    local empty = not line:find '[^%s>]'
    local ticks = line:match '^[%s>]*(```+)' or line:match '^[%s>]*(~~~+)'
    if ticks and (not fence or ticks:sub(1, #fence) == fence) then
      fence = not fence and ticks or nil
    end
    within = not fence and line:find(DEFINED) ~= nil or within and (empty or not blank or line:find '^[ \t>]*    ' ~= nil or line:find '\t' == 1)
    lines[#lines + 1] = { text = line, within = within and not fence }
    blank = empty
  end
  return lines
end

-- The text as pandoc is to read it; `note.nested` gets the labels.
function nested.prepare(text)
  note.nested = {}
  if not note.has_footnotes or not text:find '%]:.-%[%^' then
    return text
  end
  local lines, defined = lines_of(text), {}
  for _, line in ipairs(lines) do
    local label = line.within and line.text:match(DEFINED)
    if label then
      defined[label:lower()] = true
    end
  end
  local out, owner = {}, nil
  for at, line in ipairs(lines) do
    local head = line.within and (line.text:match '^[> ]? ? ?%[%^[^%]%s]+%]:' or '') or line.text
    owner = line.within and line.text:match(DEFINED) or owner
    out[at] = head .. line.text:sub(#head + 1):gsub('%[%^([^%]%s]+)%]', function(label)
      if defined[label:lower()] then
        table.insert(note.nested, { label = label, owner = owner:lower() })
        return MARK .. #note.nested .. CLOSE
      end
    end)
  end
  if #note.nested == 0 then
    return text
  end
  local last = {}
  for at, one in ipairs(note.nested) do
    last[at] = MARK .. '[^' .. one.label .. ']'
  end
  return table.concat(out, '\n') .. '\n\n' .. table.concat(last) .. '\n'
end

-- Take the paragraph at the end away; each label gets its footnote.
function nested.collect(blocks)
  local last = #note.nested > 0 and blocks[#blocks]
  if not last or not pandoc.utils.stringify(last):find(MARK, 1, true) then
    return
  end
  blocks:remove(#blocks)
  local at = 0
  pandoc.Blocks({ last }):walk {
    traverse = 'topdown',
    Note = function(found)
      at = at + 1
      note.nested[at].footnote = found
      return found, false
    end,
  }
end

local function count(label, step)
  note.open_notes[label] = (note.open_notes[label] or 0) + step
end

-- The footnote of a placeholder; nil where it is within itself, or where its text was not found.
function nested.open(number)
  local one = note.nested[tonumber(number)]
  local label = one.label:lower()
  if not one.footnote or label == one.owner or (note.open_notes[label] or 0) > 0 then
    return nil, one
  end
  count(label, 1)
  count(one.owner, 1)
  return one.footnote:clone(), one
end

function nested.close(one)
  count(one.label:lower(), -1)
  count(one.owner, -1)
end

return nested
