-- access_account_insert: a new account, without rights. in: @name, @display, @division (NULL: the installation's), @issuer, @subject, @at, @by.
-- out: its id; none where the name is taken.
INSERT INTO hetu.account (name, display_name, division_id, issuer, subject, rights_at, made_at, made_by)
VALUES (@name::text, @display::text, @division::bigint, @issuer::text, @subject::text, @at::timestamptz, @at, @by::bigint)
ON CONFLICT DO NOTHING RETURNING id
