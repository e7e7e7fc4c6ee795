-- batch_merge_opened: bring the batch that this session opened last into the store. in: @now, @rows (how many were staged),
-- @kinds (of which entities). out: counts for each entity.
SELECT kind, added, changed, unchanged, ended FROM hetu.merge(currval('staging.batch_id_seq'), @now::timestamptz, @rows::bigint, @kinds::text[])
