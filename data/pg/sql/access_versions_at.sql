-- access_versions_at: some versions of an entity that a write made or closed. in: @kind, @at.
SELECT id, version FROM hetu.versions_at(@kind::text, @at::timestamptz)
