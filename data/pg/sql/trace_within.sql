-- trace_within: the parts of routes whose reaches are of a division or of one below it. in: @division (its id), @as_of, @known_at.
WITH RECURSIVE down AS (
    SELECT v.id FROM hetu.division_version v WHERE v.id = @division::bigint AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
    UNION
    SELECT v.id FROM hetu.division_version v JOIN down ON v.parent_id = down.id WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
)
SELECT r.route_id AS route, r.from_m, r.to_m FROM hetu.reach_version r
WHERE r.division_id IN (SELECT id FROM down) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.route_id, r.from_m, r.id
