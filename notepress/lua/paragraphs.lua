-- What writers put into paragraphs for want of something better: spaces as indentation, and commands for the page.

local note = require 'note'
local write = require 'write'

local paragraphs = {}

-- What indents by hand: U+3000, U+2003, U+2002, U+00A0.
local WIDE = { '\u{3000}', '\u{2003}', '\u{2002}', '\u{A0}' }

-- A text without the spaces that it begins with.
function paragraphs.without_indent(text)
  local went = true
  while went do
    went = false
    for _, space in ipairs(WIDE) do
      if text:sub(1, #space) == space then
        text, went = text:sub(#space + 1), true
      end
    end
  end
  return text
end

-- Converted inlines whose paragraph is indented by its style: spaces at its beginning would double that. A line of it
-- that begins with such spaces was meant to be a paragraph, so it stays a line.
function paragraphs.indented(content)
  if not note.has_wide then
    return content
  end
  while content[1] and (content[1].t == 'Str' or content[1].t == 'Space') do
    local text = content[1].t == 'Str' and paragraphs.without_indent(content[1].text) or ''
    if text ~= '' then
      content[1] = pandoc.Str(text)
      break
    end
    content:remove(1)
  end
  -- To look for it takes as long as to convert the paragraph.
  for index = 1, note.has_wide_lines and #content - 1 or 0 do
    local following = content[index + 1]
    if content[index].t == 'SoftBreak' and following.t == 'Str' and paragraphs.without_indent(following.text) ~= following.text then
      content[index] = pandoc.LineBreak()
    end
  end
  return content
end

local PAGE_BREAKS = { ['\\newpage'] = true, ['\\pagebreak'] = true, ['\\clearpage'] = true }

-- Whether a paragraph is only a command that begins a new page.
function paragraphs.breaks_page(content)
  return note.has_page_breaks and #content <= 3 and PAGE_BREAKS[pandoc.utils.stringify(content)] ~= nil
end

-- In a frame there is no page to end.
function paragraphs.page_break(context)
  return context.boxed and {} or { write.raw_block '\\newpage' }
end

return paragraphs
