-- count_settings: how a transaction is planned that counts: for the parameters that are given, since all and one town are counted differently.
SELECT set_config('statement_timeout', '30s', true), set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('jit', 'off', true)
