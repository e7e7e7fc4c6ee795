-- edit_models_sent: how many bytes of elevation models that are kept an account sent. in: @account. out: one row.
SELECT coalesce(sum(m.bytes), 0)::bigint FROM hetu.project_model m WHERE m.account_id = @account::bigint
