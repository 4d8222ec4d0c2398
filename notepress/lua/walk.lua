-- Where inlines hold blocks (footnotes) and blocks hold inlines, each side calls the other through this table.
-- `walk.inlines(inlines, line)` is set by inlines.lua, `walk.blocks(blocks, context)` by blocks.lua. A context is
-- {unmarked, line, boxed}: whether marks would stand in the way, the line of what has none of its own, and whether
-- a frame that TeX builds in one piece is around.

return {}
