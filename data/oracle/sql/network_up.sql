-- network_up: all edges upstream of an edge, itself among them: the recursive query, whose UNION ends circles. in: @edge.
WITH RECURSIVE up AS (
    SELECT w.id, w.upper FROM hetu_oracle.way w WHERE w.id = @edge::bigint
    UNION
    SELECT w.id, w.upper FROM up JOIN hetu_oracle.way w ON w.lower = up.upper
)
SELECT id FROM up
