-- access_clock: the time by which this transaction looks at grants and keys. in: @now (RFC 3339).
SELECT set_config('hetu.now', @now::text, true)
