-- access_session: the session of a token. in: @hash, @now, @idle (seen after that). out: at most one row; current is false for a token that
-- was changed a moment ago, turn is true when the rights changed since the token was made.
SELECT s.id, s.account_id, a.name, a.display_name, s.hash = @hash::bytea AS current, a.rights_at > s.turned_at AS turn, s.made_at, s.seen_at, s.ends_at, g.roles, g.divisions
FROM hetu.session s JOIN hetu.account a ON a.id = s.account_id AND NOT a.disabled
CROSS JOIN LATERAL (SELECT coalesce(array_agg(role ORDER BY role, division_id), '{}') AS roles, coalesce(array_agg(coalesce(division_id, 0) ORDER BY role, division_id), '{}') AS divisions
    FROM hetu.grants_of(a.id, NULL)) g
WHERE (s.hash = @hash OR s.previous = @hash AND s.previous_until > @now::timestamptz) AND s.ends_at > @now AND s.seen_at > @idle::timestamptz
