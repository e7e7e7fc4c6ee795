-- tile: a tile as PostGIS writes it. in: @zoom and @layers, which are written into the text before it is prepared: for each zoom
-- there is one statement, of the layers drawn there, so that the planner knows which columns and which small index it needs;
-- @x, @y. out: the tile's bytes. In b stand the tile's square, the end of its buffer, a unit more for what rounding moves, the
-- size of a tile unit and the corner of the world, EPSG:3857. Lines are simplified whole, or they would not meet those of the
-- next tile, and cut by st_clipbybox2d, which takes a third of what st_asmvtgeom takes for long ones.
WITH b AS MATERIALIZED (
    SELECT st_tileenvelope(@zoom, @x::int, @y::int) AS square, st_tileenvelope(@zoom, @x::int, @y::int, margin => 64.0 / 4096) AS edge,
        st_tileenvelope(@zoom, @x::int, @y::int, margin => 65.0 / 4096) AS around,
        40075016.68557849 / 4096 / (1 << @zoom) AS unit, -20037508.342789244 AS west, 20037508.342789244 AS north
)
SELECT @layers
