-- batch_insert: open a staging batch. in: @at, @actor, @what, @account, @key, @ip, @request (NULL where there is none). out: its id.
INSERT INTO staging.batch (at, actor, what, account_id, key_id, ip, request_id)
VALUES (@at::timestamptz, @actor::text, @what::text, @account::bigint, @key::text, @ip::text, @request::text) RETURNING id
