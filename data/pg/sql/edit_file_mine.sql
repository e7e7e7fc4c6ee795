-- edit_file_mine: whether an account sent a file. in: @sha256, @account. out: one row.
SELECT EXISTS (SELECT FROM hetu.file f WHERE f.sha256 = @sha256::text AND f.account_id = @account::bigint)
