-- edit_file_add: somebody sent a file, or sent it again. in: @sha256, @account, @bytes, @at.
INSERT INTO hetu.file AS f (sha256, account_id, bytes, at) VALUES (@sha256::text, @account::bigint, @bytes::bigint, @at::timestamptz)
ON CONFLICT (sha256, account_id) DO UPDATE SET at = greatest(f.at, excluded.at)
