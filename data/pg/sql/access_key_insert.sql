-- access_key_insert: a new key. in: @id, @hash, @account, @name, @roles, @division (NULL: wherever its owner may), @now, @by, @ends.
INSERT INTO hetu.api_key (id, hash, account_id, name, roles, division_id, made_at, made_by, ends_at)
VALUES (@id::text, @hash::bytea, @account::bigint, @name::text, @roles::text[], @division::bigint, @now::timestamptz, @by::bigint, @ends::timestamptz)
