-- batch_drop: forget a batch. in: @batch.
SELECT hetu.drop_batch(@batch::bigint)
