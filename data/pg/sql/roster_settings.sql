-- roster_settings: what a transaction that reads whole tables may take, until it ends.
SELECT set_config('statement_timeout', '10min', true), set_config('idle_in_transaction_session_timeout', '0', true), set_config('work_mem', '128MB', true)
