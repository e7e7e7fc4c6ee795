-- store_version: the number of the newest write; 0 for an empty store.
SELECT coalesce(max(id), 0) FROM hetu.audit
