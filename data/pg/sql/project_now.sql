-- project_now: projects as they stand. in: @account, @key, @roles (who asks, and the roles over the project's division or a
-- partner's by which he sees it), @status ('': any), @river (0: any), @before (projects with a smaller id; 0: all), @limit. out: the newest first.
SELECT p.id, k.key, p.revision, p.name, p.river_id, r.name AS river_name, p.route_id, p.from_m, p.to_m, p.division_id, p.lead_level, p.partner_division_ids,
    p.rule_profile, p.stake_profile, p.legal_doc_id, p.status, p.drafted_by, p.approved_by, p.announced_by, p.effective_from, p.declared, lower(p.valid) AS created_on, lower(p.recorded) AS changed_at
FROM hetu.project_version p
JOIN hetu.project k ON k.id = p.id
LEFT JOIN LATERAL (SELECT v.name FROM hetu.river_version v WHERE v.id = p.river_id AND upper_inf(v.recorded) ORDER BY v.version DESC LIMIT 1) r ON true
WHERE upper_inf(p.recorded) AND (@status::text = '' OR p.status = @status) AND (@river::bigint = 0 OR p.river_id = @river)
    AND (@before::bigint = 0 OR p.id < @before) AND hetu.project_may(@account::bigint, @key::text, @roles::text[], p.id, true)
ORDER BY p.id DESC LIMIT @limit::int
