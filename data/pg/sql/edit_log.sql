-- edit_log: a revision into the log. in: what it is; @ranges is JSON, and names too whose leases it went over.
INSERT INTO hetu.project_commit (project_id, revision, base, kind, status, account_id, account_name, at, ranges, content_sha256, note, overrode)
SELECT @project::bigint, @revision::int, @base::int, @kind::text, @status::text, @account::bigint, @name::text, @at::timestamptz, @ranges::jsonb, @sha256::text, @note::text,
    coalesce((SELECT array_agg(DISTINCT l.account_id) FROM hetu.lease l, unnest(@banks::text[], @froms::float8[], @tos::float8[]) r (bank, from_m, to_m)
        WHERE l.project_id = @project AND l.until > @at AND l.account_id <> @account AND (l.bank = r.bank OR l.bank = 'both') AND r.from_m < l.to_m AND l.from_m < r.to_m), '{}')
