-- batch_open: open a batch that this transaction stages and merges. in: @at, @actor, @what. out: its id, which is currval of
-- staging.batch_id_seq from here on.
SELECT hetu.open_batch(@at::timestamptz, @actor::text, @what::text)
