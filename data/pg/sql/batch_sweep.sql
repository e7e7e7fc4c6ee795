-- batch_sweep: forget batches that were opened before a time and never merged. in: @before.
SELECT hetu.drop_batch(id) FROM staging.batch WHERE at < @before::timestamptz
