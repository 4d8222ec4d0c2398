-- The note that is being converted: the request, and what the answer collects.

local note = {}

-- Every id in the tags of a text, code included: better a place too many than a link that is called broken.
local function anchors_in(text)
  local found = {}
  for tag in text:gmatch '<%a[^<>]*>' do
    local ident = tag:match '%s[iI][dD]%s*=%s*["\']?([^"\'%s>]+)' or tag:match '^<[aA]%s.-[nN][aA][mM][eE]%s*=%s*["\']?([^"\'%s>]+)'
    if ident then
      found[ident] = true
    end
  end
  for ident in text:gmatch '%]%{#([^%s{}]+)' do
    found[ident] = true
  end
  return found
end

-- Whether a line may begin with a wide space, after what a quote, a joiner or the end of a formula put before it.
local function has_wide_lines(text)
  for _, space in ipairs { '\u{3000}', '\u{2003}', '\u{2002}', '\u{A0}' } do
    for _, before in ipairs { '\n', ' ', '\t', '>', '\u{FDD1}', '\u{FFA0}' } do
      if text:find(before .. space, 1, true) then
        return true
      end
    end
  end
  return text:find('&', 1, true) ~= nil
end

-- Begin another note. `formulas` are their sources, in order, `equations` those with an id; `idents` and `shift` come from `survey`.
function note.start(request)
  note.formulas, note.equations, note.headline = request.formulas, request.equations or {}, request.headline
  -- Of each line of the text the line of the note, where they differ.
  note.lines = request.lines or {}
  note.headings, note.links, note.images, note.notices = pandoc.List(), pandoc.List(), pandoc.List(), pandoc.List()
  -- The formulas in cells of tables, where there is no room for a display; and whether this is one.
  note.in_cells, note.in_cell, note.in_footnote = {}, false, false
  -- Ids of HTML that a link may lead to, and those that have their place already.
  note.anchors, note.placed = anchors_in(request.text), {}
  note.text = request.text
  -- Whether only what is found on the way is wanted, as for `check`. To write LaTeX, and to look at each word for it,
  -- takes four times as long as all the rest.
  note.unwritten = request.unwritten
  -- The formulas (from 0) whose source was put back, and those that became formulas. A heading has both done.
  note.restored, note.set = {}, {}
  -- Blocks of Markdown in tables of HTML, until their cells are converted.
  note.held = pandoc.List()
  -- Tags that were said to be text.
  note.told = {}
  -- The line of the last block that had one: where something happens that has none itself.
  note.line = 1
  -- Ids in Quarto's syntax (see crossrefs.lua), how many things of each kind were numbered, and the last one written.
  note.labels, note.counts, note.written = {}, {}, {}
  -- The captions of listings that stand below them, by id.
  note.listed = {}
  -- What other notes have of the ids that this one names, by id, and where it refers to one.
  note.elsewhere, note.crossed = {}, pandoc.List()
  for _, one in ipairs(request.elsewhere or {}) do
    note.elsewhere[one.ident] = one
  end
  -- What most notes have none of costs them nothing.
  note.has_ids, note.has_at = request.text:find('{', 1, true) ~= nil, request.text:find('@', 1, true) ~= nil
  -- Words with @ that name nothing; Python knows what they may have meant.
  note.unknown = pandoc.List()
  note.has_brackets = request.text:find('[[', 1, true) ~= nil or request.text:find('==', 1, true) ~= nil
    or request.text:find('^[', 1, true) ~= nil
  note.has_wide = request.text:find '\u{3000}' ~= nil or request.text:find '\u{A0}' ~= nil
    or request.text:find '&e[mn]sp;' ~= nil or request.text:find '&nbsp;' ~= nil or request.text:find '\u{2003}' ~= nil
  note.has_wide_lines = note.has_wide and has_wide_lines(request.text)
  note.has_page_breaks = request.text:find('newpage', 1, true) ~= nil or request.text:find('pagebreak', 1, true) ~= nil
    or request.text:find('clearpage', 1, true) ~= nil
  note.has_footnotes = request.text:find('[^', 1, true) ~= nil
  -- Inside a link, @ is text.
  note.in_link = false
  -- Whether footnotes wait for the end of their table, and how many did.
  note.late_notes, note.late_count = false, 0
  -- Footnotes within footnotes (see nested.lua), and which of them are being converted.
  note.nested, note.open_notes = {}, {}
  -- A footnote has added lines to the current paragraph.
  note.lines_shifted = false
  -- Whether every span is one of those that carry positions: then none needs to be looked at for it.
  note.only_wrappers = not request.text:find(']{', 1, true)
end

-- The formulas that turned out to stand in code, in an address or in HTML, where they are none.
function note.literal()
  local found = pandoc.List()
  for number in pairs(note.restored) do
    if not note.set[number] then
      found:insert(number)
    end
  end
  return found
end

-- Make something in which no term is defined, because it is set in several places.
function note.without_terms(make)
  local had = note.has_terms
  note.has_terms = false
  local made = make()
  note.has_terms = had
  return made
end

-- The keys of a set of numbers.
function note.keys_of(set)
  local found = pandoc.List()
  for number in pairs(set) do
    found:insert(number)
  end
  return found
end

-- `words` are what the line has at the place.
function note.notice(severity, code, message, line, hint, words)
  note.notices:insert {
    severity = severity, code = code, message = message, line = line or note.line, hint = hint, words = words,
  }
end

return note
