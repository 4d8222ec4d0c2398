-- Where inlines hold blocks (footnotes) and blocks hold inlines, each side calls the other through this table.
-- `walk.inlines(inlines, line)` and `walk.code(text)` are set by inlines.lua, `walk.blocks(blocks, context)` by
-- blocks.lua. A context is {unmarked, line, boxed, rows_marked}: whether marks would stand in the way, the line of what has none of its own,
-- whether a frame that TeX builds in one piece is around, and whether rows of tables know their lines all the same.

return {}
