-- edit_file_add: somebody sent a file. in: @sha256, @account, @bytes, @at.
INSERT INTO hetu.file (sha256, account_id, bytes, at) VALUES (@sha256::text, @account::bigint, @bytes::bigint, @at::timestamptz) ON CONFLICT DO NOTHING
