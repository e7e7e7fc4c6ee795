-- access_lock_writers: take the writers' lock until the transaction ends.
SELECT hetu.lock_writers()
