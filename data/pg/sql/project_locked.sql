-- project_locked: a project as it stands, for the one who holds the writers' lock. in: @id. out: at most one row.
SELECT p.id, k.key, p.revision, p.name, p.river_id, r.name AS river_name, p.route_id, p.from_m, p.to_m, p.division_id, p.lead_level, p.partner_division_ids,
    p.rule_profile, p.stake_profile, p.legal_doc_id, p.status, p.drafted_by, p.approved_by, p.announced_by, p.effective_from, p.declared, lower(p.valid) AS created_on, lower(p.recorded) AS changed_at
FROM hetu.project_version p
JOIN hetu.project k ON k.id = p.id
LEFT JOIN LATERAL (SELECT v.name FROM hetu.river_version v WHERE v.id = p.river_id AND upper_inf(v.recorded) ORDER BY v.version DESC LIMIT 1) r ON true
WHERE upper_inf(p.recorded) AND p.id = @id::bigint
