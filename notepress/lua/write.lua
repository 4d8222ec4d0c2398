-- Blocks -> LaTeX, by pandoc's writer.

local note = require 'note'

local write = {}

function write.raw(tex)
  return pandoc.RawInline('latex', tex)
end

function write.raw_block(tex)
  return pandoc.RawBlock('latex', tex)
end

-- wrap_text=preserve keeps the note's line breaks, which the marks count on; latex-smart keeps quotes and
-- dashes as the characters they are.
function write.latex(blocks)
  if note.unwritten then
    return ''
  end
  return pandoc.write(pandoc.Pandoc(blocks), 'latex-smart', pandoc.WriterOptions { wrap_text = 'preserve' })
end

return write
