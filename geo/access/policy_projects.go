package access

// projectPolicies are those of boundary projects and their documents. Who has a role somewhere is let through to the route, which tells
// him of nothing that he has no role over.
func projectPolicies() map[string]Policy {
	secret := Policy{Roles: Granted(), Secret: true}
	return map[string]Policy{
		"project_list": {Roles: Granted()}, "project_create": {Roles: []Role{Planner}},
		"project": secret, "project_edit": secret, "project_commits": secret, "project_commit": secret, "project_version": secret, "project_move": secret,
		"project_diff": secret, "project_ops": secret, "project_ops_add": secret, "project_ops_discard": secret, "project_comments": secret, "project_comment": secret, "project_comment_resolve": secret,
		"project_leases": secret, "project_lease_put": secret, "project_lease_drop": secret, "project_findings": secret, "project_waive": secret,
		"project_requests": secret, "project_request": secret, "project_request_decide": secret,
		"project_lake_candidate": secret, "project_models": secret, "project_model_add": secret, "project_model_drop": secret,
		"project_candidates": secret, "project_preview": secret, "project_area": secret, "project_check": secret, "project_checks": secret,
		"project_stakes": secret, "project_stakes_place": secret, "project_stakes_csv": secret, "project_stakes_send": secret, "project_stakes_xlsx": secret, "project_stake_remove": secret,
		"project_stake_visit": secret, "project_stake_photo": secret, "project_stake_certificate": secret,
		"project_zones": secret, "project_zones_put": secret, "project_zone_statistics": secret, "project_package": secret,
		"boundary_versions": {Open: true}, "document": {Open: true}, "document_file": {Open: true},
		"document_add": {Roles: Granted()}, "document_file_add": {Roles: Granted()},
	}
}
