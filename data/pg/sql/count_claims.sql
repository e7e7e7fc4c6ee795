-- count_claims: what sources claim of one division. in: @division (code; empty: all), @as_of, @known_at.
SELECT d.code AS division, c.measure, c.value, c.unit, c.article, c.quote FROM hetu.claim_version c
JOIN hetu.division_version d ON d.id = c.division_id AND d.valid @> @as_of::date AND d.recorded @> @known_at::timestamptz
WHERE (@division::text = '' OR d.code = @division) AND c.valid @> @as_of::date AND c.recorded @> @known_at::timestamptz
ORDER BY d.id, c.measure, c.article, c.value, c.id
