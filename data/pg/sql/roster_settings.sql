-- roster_settings: what a transaction that reads whole tables may take until it ends, and how it is planned.
SELECT set_config('statement_timeout', '10min', true), set_config('idle_in_transaction_session_timeout', '0', true), set_config('work_mem', '128MB', true),
    set_config('max_parallel_workers_per_gather', '0', true), set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true)
