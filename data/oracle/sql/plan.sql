-- plan: from now on a statement is planned once. Planned anew for each tile, as the planner would for what it finds in the
-- parameters, most tiles take longer. No parameters.
SET plan_cache_mode = force_generic_plan
