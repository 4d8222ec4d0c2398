-- Where inlines hold blocks (footnotes) and blocks hold inlines, each side calls the other through this table.
-- `walk.inlines(inlines, line)` is set by inlines.lua, `walk.blocks(blocks, context)` by blocks.lua. A context is
-- {unmarked, line}: whether marks would stand in the way, and the line of what has none of its own.

return {}
