-- quality_samples: what was measured at sections on the newest days of a period, up to the day that is asked about. in: @sections,
-- @from, @to (days of Asia/Shanghai, both included; NULL: open), @days (how many, of each section), @as_of, @known_at.
SELECT section_id, taken_on, indicator, value, unit, usable FROM (
    SELECT m.section_id, m.taken_on, m.indicator, coalesce(m.value, 0) AS value, coalesce(m.unit, '') AS unit, m.usable AND m.value IS NOT NULL AS usable,
        m.taken_at, m.id, dense_rank() OVER (PARTITION BY m.section_id ORDER BY m.taken_on DESC) AS day
    FROM (SELECT v.*, (v.taken_at AT TIME ZONE 'Asia/Shanghai')::date AS taken_on FROM hetu.sample_version v
        WHERE v.section_id = ANY (@sections::bigint[]) AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz) m
    WHERE m.taken_on <= @as_of::date AND (@from::date IS NULL OR m.taken_on >= @from) AND (@to::date IS NULL OR m.taken_on <= @to)
) x
WHERE day <= @days::int
ORDER BY section_id, taken_on DESC, indicator, taken_at, id
