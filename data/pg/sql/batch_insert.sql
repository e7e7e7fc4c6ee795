-- batch_insert: open a staging batch. in: @at, @actor, @what. out: its id.
INSERT INTO staging.batch (at, actor, what) VALUES (@at::timestamptz, @actor::text, @what::text) RETURNING id
