-- batch_open: open a batch that this transaction stages and merges. in: @at, @actor, @what, @account, @key, @ip, @request (NULL where
-- there is none). out: its id, which is currval of staging.batch_id_seq from here on.
SELECT hetu.open_batch(@at::timestamptz, @actor::text, @what::text, @account::bigint, @key::text, @ip::text, @request::text)
