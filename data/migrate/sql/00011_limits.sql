-- +goose Up
-- What keeps a planner's working data within bounds, and tells what became of it: how many operations of a draft are open and how many were added in a day,
-- which of them a commit or a discard ended, with their digest in the chain; files that nobody filed go; and exact stakes are for those of their division.
SET LOCAL lock_timeout = '10s';

-- ---------------------------------------------------------------- operations of drafts
-- n is the order in which they came. What is there is only ever added to.
ALTER TABLE hetu.draft_op ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX draft_op_of ON hetu.draft_op (project_id, account_id, n);
-- The draft of an account in a project: what of it is open, neither committed nor discarded, and what was added on its last day. Its row is held by whoever
-- adds to the draft or ends it. The figures are counts, and prove nothing.
CREATE TABLE hetu.draft (
    project_id bigint NOT NULL REFERENCES hetu.project (id), account_id bigint NOT NULL, ended_n bigint NOT NULL DEFAULT 0,
    ops integer NOT NULL DEFAULT 0, bytes bigint NOT NULL DEFAULT 0, day date NOT NULL, day_ops integer NOT NULL DEFAULT 0, day_bytes bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, account_id)
);
INSERT INTO hetu.draft (project_id, account_id, ops, bytes, day)
    SELECT project_id, account_id, count(*), sum(octet_length(op)), (max(at) AT TIME ZONE interval '08:00')::date FROM hetu.draft_op GROUP BY project_id, account_id;
-- An end of a draft: its operations after after_n, up to to_n, went into the revision of a commit, or were discarded while the project was at one. The
-- digest of a commit's stands in the commit's row of the audit, that of a discard's in the chain of accesses.
CREATE TABLE hetu.draft_end (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE, project_id bigint NOT NULL REFERENCES hetu.project (id), account_id bigint NOT NULL, after_n bigint NOT NULL, to_n bigint NOT NULL,
    how text NOT NULL CHECK (how IN ('committed', 'discarded')), revision integer NOT NULL CHECK (revision >= 1), at timestamptz NOT NULL,
    PRIMARY KEY (project_id, account_id, to_n), CHECK (after_n < to_n)
);
CREATE TRIGGER keep_log BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.draft_op FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_log();
CREATE TRIGGER keep_log BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.draft_end FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_log();

-- draft_digest stands for what the operations of an account in a project say, those after one up to another; NULL: there are none.
-- +goose StatementBegin
CREATE FUNCTION hetu.draft_digest(p_project bigint, p_account bigint, p_after bigint, p_to bigint) RETURNS bytea
LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT sha256(string_agg(sha256(convert_to(jsonb_build_array(o.session, o.seq, o.base, o.account_name, (extract(epoch FROM o.at) * 1000000)::bigint, o.op)::text, 'UTF8')), ''::bytea ORDER BY o.n))
    FROM hetu.draft_op o WHERE o.project_id = p_project AND o.account_id = p_account AND o.n > p_after AND o.n <= p_to;
$$;
-- +goose StatementEnd

-- end_draft ends the draft of an account: the operations that are open went into a revision, and their digest into the audit row of the batch that
-- makes it; without a batch they are discarded. ops is 0, and nothing was written, where none is open.
ALTER TABLE staging.batch ADD COLUMN digests jsonb;
-- +goose StatementBegin
CREATE FUNCTION hetu.end_draft(p_batch bigint, p_project bigint, p_account bigint, p_revision integer, p_at timestamptz,
    OUT ended bigint, OUT ops integer, OUT bytes bigint, OUT digest bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    d hetu.draft;
    v_last bigint;
BEGIN
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

-- merge is that of 00007, and its row of the audit has the digests too that were noted of its batch.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION hetu.merge(p_batch bigint, p_now timestamptz, p_rows bigint, p_kinds text[] DEFAULT NULL)
RETURNS TABLE (kind text, added bigint, changed bigint, unchanged bigint, ended bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    few CONSTANT boolean := p_rows <= 1000;
    b staging.batch;
    a hetu.audit;
    v_kinds text[];
    e text;
    r record;
    staged bigint := 0;
BEGIN
    -- One writer at a time: record times stay in commit order. A table's lock, because readers could take an advisory one.
    LOCK TABLE hetu.audit IN SHARE ROW EXCLUSIVE MODE;
    IF p_now IS NULL OR NOT isfinite(p_now) OR p_now > clock_timestamp() + interval '1 day' THEN
        RAISE EXCEPTION 'the clock says %, the database says %: correct the clock', p_now, clock_timestamp() USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'clock';
    END IF;
    SELECT * INTO b FROM staging.batch WHERE id = p_batch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'batch % is not staged', p_batch USING ERRCODE = 'no_data_found';
    END IF;
    SELECT hash INTO a.prev FROM hetu.audit ORDER BY id DESC LIMIT 1;
    a.prev := coalesce(a.prev, sha256('hetu audit: write'));
    a.id := nextval('hetu.audit_id_seq');
    a.at := greatest(p_now, (SELECT max(at) FROM hetu.audit) + interval '1 microsecond');
    a.actor := b.actor; a.what := b.what; a.account_id := b.account_id; a.key_id := b.key_id; a.ip := b.ip; a.request_id := b.request_id;
    a.counts := '{}'; a.digests := coalesce(b.digests, '{}');

    -- References before what refers to them, so that every identity is there when it is referred to.
    v_kinds := ARRAY(SELECT t.e FROM unnest(hetu.entities()) WITH ORDINALITY t (e, n) WHERE p_kinds IS NULL OR t.e = ANY (p_kinds) ORDER BY t.n);
    FOREACH e IN ARRAY v_kinds LOOP
        IF NOT few THEN
            -- The planner knows nothing of rows staged a second ago.
            EXECUTE pg_catalog.format('ANALYZE staging.%I (batch, n, id, valid, gone)', e);
        END IF;
        EXECUTE pg_catalog.format('SELECT * FROM hetu.%I($1, $2, $3)', CASE WHEN few THEN 'merge_few_' ELSE 'merge_' END || e) INTO r USING p_batch, a.at, a.id;
        CONTINUE WHEN r.added + r.changed + r.unchanged + r.ended = 0;
        staged := staged + r.added + r.changed + r.unchanged + r.ended;
        a.counts := a.counts || jsonb_build_object(e, jsonb_build_array(r.added, r.changed, r.unchanged, r.ended));
        IF r.digest IS NOT NULL THEN
            a.digests := a.digests || jsonb_build_object(e, encode(r.digest, 'hex'));
        ELSIF r.added + r.changed + r.ended > 0 THEN
            a.digests := a.digests || jsonb_build_object(e, 'bulk');
        END IF;
        kind := e; added := r.added; changed := r.changed; unchanged := r.unchanged; ended := r.ended;
        RETURN NEXT;
    END LOOP;
    IF staged <> p_rows THEN
        RAISE EXCEPTION '% of % staged rows are left: the database was restarted in the meantime; import again', staged, p_rows
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'all_rows_staged';
    END IF;
    IF v_kinds && ARRAY['reach', 'route'] THEN
        PERFORM hetu.merge_check(p_batch);
    END IF;
    a.body := hetu.audit_body(a);
    a.hash := sha256(a.prev || a.body);
    INSERT INTO hetu.audit OVERRIDING SYSTEM VALUE SELECT a.*;
    FOREACH e IN ARRAY v_kinds LOOP
        EXECUTE pg_catalog.format('DELETE FROM staging.%I WHERE batch = $1', e) USING p_batch;
    END LOOP;
    DELETE FROM staging.batch WHERE id = p_batch;
    NOTIFY hetu_change;
END
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------- files
-- The newest sending of a file counts, and what is filed nowhere goes. hetu.file tells of files that were sent; what a stake's photo is it tells nothing of.
GRANT UPDATE (at), DELETE ON hetu.file TO hetu_rw;
CREATE INDEX stake_version_of_photo ON hetu.stake_version (photo_sha256) WHERE photo_sha256 IS NOT NULL;

-- ---------------------------------------------------------------- stakes
-- stake_exact tells whether who has a role in a tree of divisions (NULL: in all) is told exactly where a stake stands: one that stands in the tree, one
-- whose project is led by, or a partner of, a division of it, and of what names no division what lies there.
CREATE FUNCTION hetu.stake_exact(p_tree bigint[], p_division bigint, p_boundary bigint, p_river bigint, p_geom geometry) RETURNS boolean
LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT CASE WHEN p_tree IS NULL THEN true WHEN cardinality(p_tree) = 0 THEN false
        ELSE coalesce(p_division = ANY (p_tree), false) OR hetu.sees(p_tree, p_boundary, p_division, p_river, p_geom) END
$$;

REVOKE EXECUTE ON FUNCTION hetu.draft_digest(bigint, bigint, bigint, bigint), hetu.end_draft(bigint, bigint, bigint, integer, timestamptz),
    hetu.stake_exact(bigint[], bigint, bigint, bigint, geometry) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hetu.draft_digest(bigint, bigint, bigint, bigint), hetu.end_draft(bigint, bigint, bigint, integer, timestamptz) TO hetu_rw;
GRANT EXECUTE ON FUNCTION hetu.stake_exact(bigint[], bigint, bigint, bigint, geometry) TO hetu_rw, hetu_ro;
GRANT SELECT ON hetu.draft, hetu.draft_end TO hetu_rw, hetu_backup;
GRANT INSERT, UPDATE ON hetu.draft TO hetu_rw;
