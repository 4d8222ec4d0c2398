-- The note that is being converted: the request, and what the answer collects.

local note = {}

-- Begin another note. `formulas` are those of the request; `idents` and `shift` come from `survey`.
function note.start(request)
  note.formulas, note.headline = request.formulas, request.headline
  note.headings, note.links, note.images, note.notices = pandoc.List(), pandoc.List(), pandoc.List(), pandoc.List()
  -- The line of the last block that had one: where something happens that has none itself.
  note.line = 1
  -- A footnote has added lines to the current paragraph.
  note.lines_shifted = false
  -- Whether every span is one of those that carry positions: then none needs to be looked at for it.
  note.only_wrappers = not request.text:find(']{', 1, true)
end

function note.notice(severity, code, message, line, hint)
  note.notices:insert { severity = severity, code = code, message = message, line = line or note.line, hint = hint }
end

return note
