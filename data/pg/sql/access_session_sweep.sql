-- access_session_sweep: forget sessions, invitations and failures that are over; what another is at is left to him. in: @now, @idle, @failed (before
-- which failures count no more).
WITH s AS (DELETE FROM hetu.session WHERE id IN (SELECT id FROM hetu.session WHERE ends_at <= @now::timestamptz OR seen_at <= @idle::timestamptz FOR UPDATE SKIP LOCKED)),
    i AS (DELETE FROM hetu.invite WHERE hash IN (SELECT hash FROM hetu.invite WHERE ends_at <= @now FOR UPDATE SKIP LOCKED))
DELETE FROM hetu.login_failure WHERE (name, ip) IN (SELECT name, ip FROM hetu.login_failure
    WHERE last_at <= @failed::timestamptz AND coalesce(locked_until, last_at) <= @now FOR UPDATE SKIP LOCKED)
