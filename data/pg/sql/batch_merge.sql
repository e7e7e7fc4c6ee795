-- batch_merge: bring a staged batch into the store. in: @batch, @now, @rows (how many were staged), @kinds (of which entities).
-- out: counts for each entity.
SELECT kind, added, changed, unchanged, ended FROM hetu.merge(@batch::bigint, @now::timestamptz, @rows::bigint, @kinds::text[])
