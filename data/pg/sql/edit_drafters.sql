-- edit_drafters: who had a part in a project besides those that its row names: who asked it to change announced lines, and the planners of its division who
-- waived a finding of its check. in: @project, @division. out: ids of accounts.
SELECT c.asked_by AS id FROM hetu.change_request_version c WHERE c.project_id = @project::bigint AND upper_inf(c.recorded) AND c.asked_by IS NOT NULL
UNION
SELECT a.id FROM hetu.finding_version f JOIN hetu.account a ON a.name = f.waived_by
WHERE f.project_id = @project AND upper_inf(f.recorded) AND hetu.may(a.id, NULL, ARRAY['planner'], @division::bigint)
ORDER BY id
