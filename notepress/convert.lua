-- Protected Markdown -> LaTeX, inside pandoc. Runs as `pandoc lua convert.lua`.
--
-- Reads one JSON request per line and answers each with one JSON line, so that a process can serve many
-- notes. Request: {text, lines, formulas: [source], equations: [{ident, line, number}], headline, and where the note
-- may cite: strings, references: [{key, text}], and of ids that other notes have: elsewhere: [{ident, uri, place, number,
-- title}]}. Answer: {latex, headings, labels, links, images, notices, terms, in_cells, literal, unknown, crossed, unreadable},
-- or {failure}; to {…, unwritten: true} without latex and headings, to {…, survey: true} only labels, with the titles of
-- sections, and their images. Lines of the form `%@12`
-- (`%@=12`) in the LaTeX say that what follows came from line 12 of the note, in step with it (or from that line alone).

package.path = arg[0]:gsub('[^/\\]*$', '') .. 'lua/?.lua'

local htmltables = require 'htmltables'
local note = require 'note'
local placeholders = require 'placeholders'
local positions = require 'positions'
local nested = require 'nested'
local reader = require 'reader'
local walk = require 'walk'
local write = require 'write'
local citations = require 'citations'
local crossrefs = require 'crossrefs'
local terms = require 'terms'
local theorems = require 'theorems'
require 'inlines'
local blocks = require 'blocks'

-- Ids of all headings, and by how much levels move up so that the highest is a section.
local function survey(blocks)
  local lowest = 7
  local idents = {}
  blocks:walk {
    Header = function(header)
      idents[placeholders.without_joiners(header.identifier)] = true
      if positions.line_of(header) ~= note.headline then
        lowest = math.min(lowest, header.level)
      end
    end,
  }
  return idents, lowest < 7 and lowest - 1 or 0
end

-- Bring captions to their tables, titles to their blocks, and the pieces of tables together.
local function prepare(content, text)
  if text:find '<[tT][aA][bB][lL][eE][%s>]' then
    content = htmltables.gather(content)
  end
  if ('\n' .. text):find '\n[ \t>]*[\xEF\xBE\xA0]*:[ \t]' then
    content = crossrefs.gather_captions(content)
  end
  if text:find(':::', 1, true) then
    content = theorems.prepare(crossrefs.gather_framed(content))
  end
  return content
end

local function answer(request)
  note.start(request)
  citations.start(request)
  terms.start(request.text)
  local doc = reader.read(nested.prepare(request.text))
  nested.collect(doc.blocks)
  local content = prepare(doc.blocks, request.text)
  note.idents, note.shift = survey(content)
  crossrefs.survey(content, blocks.figure_in)
  if request.survey then
    return { labels = crossrefs.labels(true), images = note.images }
  end
  local latex = write.latex(citations.finish(walk.blocks(content, {})))
  return {
    latex = latex, headings = note.headings, links = note.links, images = note.images, notices = note.notices,
    terms = note.terms, literal = note.literal(), in_cells = note.keys_of(note.in_cells), labels = crossrefs.labels(),
    unknown = note.unknown, crossed = note.crossed, unreadable = note.unreadable,
  }
end

-- An element is a handle for Lua and a value in Haskell: to look for those that nobody holds any more takes a twentieth of
-- the time. It can wait until the answer is out, unless a note makes ten times as much.
collectgarbage('setpause', 1000)

for line in io.lines() do
  local ok, result = pcall(function() return answer(pandoc.json.decode(line, false)) end)
  io.write(pandoc.json.encode(ok and result or { failure = tostring(result) }), '\n')
  io.flush()
  collectgarbage()
end
