-- +goose Up
-- What the role that serves could do behind the audit's back it can do no more, or it is told: an end of a draft without
-- its revision, a second token of a session, a comment that is resolved by nobody, and a row of the audit of a time that it was not written at.
SET LOCAL lock_timeout = '10s';

-- ---------------------------------------------------------------- ends of drafts
-- end_draft is that of 00011; a draft goes into no revision but that of a batch that is open.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION hetu.end_draft(p_batch bigint, p_project bigint, p_account bigint, p_revision integer, p_at timestamptz,
    OUT ended bigint, OUT ops integer, OUT bytes bigint, OUT digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    d hetu.draft;
    v_last bigint;
BEGIN
    IF p_batch IS NOT NULL AND NOT EXISTS (SELECT FROM staging.batch b WHERE b.id = p_batch) THEN
        RAISE EXCEPTION 'batch % is not open: a draft goes into the revision that an open one makes', p_batch USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'draft_of_open_batch';
    END IF;
    ops := 0; bytes := 0;
    SELECT * INTO d FROM hetu.draft t WHERE t.project_id = p_project AND t.account_id = p_account FOR UPDATE;
    v_last := (SELECT max(o.n) FROM hetu.draft_op o WHERE o.project_id = p_project AND o.account_id = p_account);
    IF d.project_id IS NULL OR v_last IS NULL OR v_last <= d.ended_n THEN
        RETURN;
    END IF;
    INSERT INTO hetu.draft_end (project_id, account_id, after_n, to_n, how, revision, at)
        VALUES (p_project, p_account, d.ended_n, v_last, CASE WHEN p_batch IS NULL THEN 'discarded' ELSE 'committed' END, p_revision, p_at) RETURNING id INTO ended;
    UPDATE hetu.draft t SET ended_n = v_last, ops = 0, bytes = 0 WHERE t.project_id = p_project AND t.account_id = p_account;
    digest := hetu.draft_digest(p_project, p_account, d.ended_n, v_last);
    UPDATE staging.batch b SET digests = coalesce(b.digests, '{}') || jsonb_build_object('draft_op', encode(digest, 'hex')) WHERE b.id = p_batch;
    ops := d.ops; bytes := d.bytes;
END
$$;
-- +goose StatementEnd

-- ends_with_revision holds, when the transaction ends, that it made the revision which it says that a draft went into.
-- +goose StatementBegin
CREATE FUNCTION hetu.ends_with_revision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hetu.project_version p WHERE p.id = NEW.project_id AND p.revision = NEW.revision AND p.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'no revision % of project % is made here: its draft is not committed', NEW.revision, NEW.project_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'ends_with_revision';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER ends_with_revision AFTER INSERT ON hetu.draft_end DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.how = 'committed') EXECUTE FUNCTION hetu.ends_with_revision();

-- Where a draft ended only end_draft says: whoever put it further would take operations out of what is open, and of what is verified.
REVOKE INSERT, UPDATE ON hetu.draft FROM hetu_rw;
GRANT INSERT (project_id, account_id, ops, bytes, day, day_ops, day_bytes), UPDATE (ops, bytes, day, day_ops, day_bytes) ON hetu.draft TO hetu_rw;

-- ---------------------------------------------------------------- times in the chain of accesses
-- clock_slack is how far the clock of a program that writes here may be from the database's.
CREATE FUNCTION hetu.clock_slack() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '10 minutes' $$;

-- audit_access is that of 00007, and takes no row of another time than this.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION hetu.audit_access(p_at timestamptz, p_account bigint, p_actor text, p_key text, p_ip text, p_request text, p_action text, p_object text, p_result text, p_detail text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    a hetu.access_audit;
    v_now CONSTANT timestamptz := clock_timestamp();
BEGIN
    IF p_at IS NULL OR p_at NOT BETWEEN v_now - hetu.clock_slack() AND v_now + hetu.clock_slack() THEN
        RAISE EXCEPTION 'the clock says %, the database says %: correct the clock', p_at, v_now USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'clock';
    END IF;
    LOCK TABLE hetu.access_audit IN SHARE ROW EXCLUSIVE MODE;
    SELECT hash INTO a.prev FROM hetu.access_audit ORDER BY id DESC LIMIT 1;
    a.id := nextval('hetu.access_audit_id_seq');
    a.at := p_at; a.account_id := p_account; a.actor := p_actor; a.key_id := p_key; a.ip := p_ip; a.request_id := p_request;
    a.action := p_action; a.object := p_object; a.result := p_result; a.detail := p_detail;
    a.prev := coalesce(a.prev, sha256('hetu audit: access'));
    a.body := hetu.access_body(a);
    a.hash := sha256(a.prev || a.body);
    INSERT INTO hetu.access_audit OVERRIDING SYSTEM VALUE SELECT a.*;
END
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------- tokens of sessions
-- tell_identity is that of 00007, and tells that the token before this one is another.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION hetu.tell_identity() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v_quiet CONSTANT text[] := '{used_at,rights_at,seen_at,turned_at}';
    v_secret CONSTANT text[] := '{hash,previous,password_hash,agent}';
    v_new jsonb := to_jsonb(NEW) - v_quiet;
    v_old jsonb;
    v_detail text := jsonb_strip_nulls(v_new - v_secret)::text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        v_old := to_jsonb(OLD) - v_quiet;
        IF v_old = v_new THEN
            RETURN NULL;
        END IF;
        v_detail := (SELECT string_agg(n.key, ', ' ORDER BY n.key) FROM jsonb_each(v_new) n WHERE n.value IS DISTINCT FROM v_old -> n.key);
    END IF;
    PERFORM hetu.audit_access(clock_timestamp(), NULL, 'database role ' || session_user, NULL, NULL, NULL, 'row_' || lower(TG_OP),
        TG_TABLE_NAME || coalesce(' ' || (v_new ->> 'id'), ' of account ' || (v_new ->> 'account_id'), ''), 'done', v_detail);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- turn_session lets the token before the session's be no other than the one that it had until now, and that for half a minute.
-- +goose StatementBegin
CREATE FUNCTION hetu.turn_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF NEW.hash = OLD.hash OR NEW.previous IS DISTINCT FROM OLD.hash OR NEW.previous_until IS NULL OR NEW.previous_until > NEW.turned_at + interval '30 seconds'
        OR NEW.turned_at NOT BETWEEN clock_timestamp() - hetu.clock_slack() AND clock_timestamp() + hetu.clock_slack() THEN
        RAISE EXCEPTION 'a session that is given a new token is let in by the one that it had for 30 seconds more, and by no other'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'turn_session';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER turn_session BEFORE UPDATE ON hetu.session FOR EACH ROW
    WHEN (NEW.previous IS DISTINCT FROM OLD.previous OR NEW.previous_until IS DISTINCT FROM OLD.previous_until) EXECUTE FUNCTION hetu.turn_session();

-- ---------------------------------------------------------------- comments
-- comment_digest stands for what a comment says, or for what its resolution does.
-- +goose StatementBegin
CREATE FUNCTION hetu.comment_digest(c hetu.comment, p_resolution boolean) RETURNS text LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp SET extra_float_digits = 1 AS $$
    SELECT 'sha256 ' || encode(sha256(convert_to(CASE WHEN p_resolution
        THEN jsonb_build_array(c.id, c.resolved_by, c.resolved_name, (extract(epoch FROM c.resolved_at) * 1000000)::bigint, c.resolution)
        ELSE jsonb_build_array(c.id, c.project_id, c.revision, c.bank, c.from_m, c.to_m, c.lon, c.lat, c.reply_to, c.blocking, c.text, c.account_id, c.account_name,
            (extract(epoch FROM c.at) * 1000000)::bigint) END::text, 'UTF8')), 'hex');
$$;
-- +goose StatementEnd

-- tell_comment adds to the chain of accesses that a comment was made or resolved, whatever path it took, as tell_identity does of accounts. What it says is
-- told by its digest: the chain is read by those who see no project.
-- +goose StatementBegin
CREATE FUNCTION hetu.tell_comment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    PERFORM hetu.audit_access(clock_timestamp(), NULL, 'database role ' || session_user, NULL, NULL, NULL, 'row_' || lower(TG_OP),
        'comment ' || NEW.id, 'done', hetu.comment_digest(NEW, TG_OP = 'UPDATE'));
    RETURN NULL;
END
$$;
-- +goose StatementEnd
-- Comments that are older than this are told as they stand.
-- +goose StatementBegin
DO $$
DECLARE
    c hetu.comment;
BEGIN
    FOR c IN SELECT * FROM hetu.comment ORDER BY id LOOP
        PERFORM hetu.audit_access(clock_timestamp(), NULL, 'schema 18', NULL, NULL, NULL, 'row_insert', 'comment ' || c.id, 'done', hetu.comment_digest(c, false));
        IF c.resolved_at IS NOT NULL THEN
            PERFORM hetu.audit_access(clock_timestamp(), NULL, 'schema 18', NULL, NULL, NULL, 'row_update', 'comment ' || c.id, 'done', hetu.comment_digest(c, true));
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER tell_comment AFTER INSERT OR UPDATE ON hetu.comment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hetu.tell_comment();

REVOKE EXECUTE ON FUNCTION hetu.ends_with_revision(), hetu.clock_slack(), hetu.turn_session(), hetu.comment_digest(hetu.comment, boolean), hetu.tell_comment() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hetu.comment_digest(hetu.comment, boolean) TO hetu_rw;
