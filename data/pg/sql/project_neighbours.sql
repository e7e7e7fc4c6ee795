-- project_neighbours: the boundary lines of a route that begin or end where a range of it ends or begins: announced ones, and those of projects that
-- somebody may see. in: @project (left out), @route, @from, @to, @within (metres), @day, @account, @key, @roles. out: pieces with the name of whose they
-- are; geometry LineString, EPSG:4490.
SELECT b.id, k.key, b.bank, b.from_m, b.to_m, b.basis_kind, b.width_m, b.source, b.reason, b.status, b.geom_sha256, b.legal_doc_id, b.geom,
    coalesce(p.name, b.name, '') AS owner, b.project_id
FROM hetu.boundary_version b
JOIN hetu.boundary k ON k.id = b.id
LEFT JOIN hetu.project_version p ON p.id = b.project_id AND upper_inf(p.recorded)
WHERE b.route_id = @route::bigint AND b.project_id IS DISTINCT FROM @project::bigint AND upper_inf(b.recorded) AND b.valid @> @day::date AND b.from_m IS NOT NULL AND b.to_m IS NOT NULL
    AND (b.status = 'announced' OR b.status IN ('draft', 'checked', 'consulted', 'approved') AND b.project_id IS NOT NULL
        AND hetu.project_may(@account::bigint, @key::text, @roles::text[], b.project_id, true))
    AND NOT (b.from_m < @to::float8 - 0.01 AND b.to_m > @from::float8 + 0.01)
    AND (b.to_m BETWEEN @from - @within::float8 AND @from + 0.01 OR b.from_m BETWEEN @to - 0.01 AND @to + @within)
ORDER BY b.project_id NULLS FIRST, b.bank, b.from_m, b.id
