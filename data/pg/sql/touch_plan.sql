-- touch_plan: features that show plans which were written: their reach, or all reaches of their river. in: @ids.
-- out: layer, id.
SELECT 'reach' AS layer, p.reach_id AS id FROM plan_version p
    WHERE p.id = ANY (@ids::bigint[]) AND p.reach_id IS NOT NULL AND p.status IN ('approved', 'in_force')
UNION SELECT 'reach', r.id FROM plan_version p JOIN reach_version r ON r.river_id = p.river_id WHERE p.id = ANY (@ids::bigint[]) AND p.status IN ('approved', 'in_force')
