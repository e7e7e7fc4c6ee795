-- +goose Up
-- Boundary projects 划界项目: how a management boundary is drafted, checked, consulted on, approved, announced. A project is an
-- entity like the others; the lines it makes are boundaries that carry its id. What the lifecycle forbids is refused here too:
-- who drafted approves nothing, no status is jumped, no revision left out, and an announced line stays as it is until a project
-- that has an approved change request for it is announced or withdrawn.
SET LOCAL lock_timeout = '10s';

CREATE TABLE hetu.project_version (
    name text NOT NULL CHECK (name <> ''), river_id bigint NOT NULL, route_id bigint NOT NULL,
    from_m double precision NOT NULL CHECK (hetu.finite(from_m)), to_m double precision NOT NULL CHECK (hetu.finite(to_m)),
    division_id bigint NOT NULL, lead_level smallint NOT NULL CHECK (lead_level BETWEEN 1 AND 5), partner_division_ids bigint[] NOT NULL DEFAULT '{}',
    rule_profile text NOT NULL CHECK (rule_profile <> ''), legal_doc_id bigint,
    status text NOT NULL CHECK (status IN ('draft', 'checked', 'consulted', 'approved', 'announced', 'superseded', 'withdrawn')),
    revision integer NOT NULL CHECK (revision >= 1), drafted_by bigint[] NOT NULL DEFAULT '{}', approved_by bigint, announced_by bigint, effective_from date,
    CHECK (from_m < to_m),
    CONSTRAINT drafter_is_no_approver CHECK (NOT approved_by = ANY (drafted_by)),
    CONSTRAINT drafter_is_no_publisher CHECK (NOT announced_by = ANY (drafted_by)),
    CONSTRAINT approved_by_somebody CHECK (status NOT IN ('approved', 'announced', 'superseded') OR approved_by IS NOT NULL),
    CONSTRAINT announced_whole CHECK (status NOT IN ('announced', 'superseded') OR num_nulls(announced_by, legal_doc_id, effective_from) = 0)
);

-- What the other entities of a project carry of it.
ALTER TABLE hetu.boundary_version ADD COLUMN project_id bigint, ADD COLUMN reason text;
ALTER TABLE hetu.legal_doc_version ADD COLUMN division_id bigint;
ALTER TABLE hetu.change_request_version ADD COLUMN project_id bigint, ADD COLUMN asked_by bigint, ADD COLUMN decided_by bigint,
    ADD CONSTRAINT change_request_status CHECK (status IN ('open', 'approved', 'refused', 'done')),
    ADD CONSTRAINT asker_does_not_decide CHECK (asked_by <> decided_by);
ALTER TABLE hetu.finding_version ADD COLUMN project_id bigint, ADD COLUMN bank text CHECK (bank IN ('left', 'right', 'both')),
    ADD COLUMN from_m double precision CHECK (hetu.finite(from_m)), ADD COLUMN to_m double precision CHECK (hetu.finite(to_m)),
    ADD COLUMN size double precision CHECK (hetu.finite(size)), ADD COLUMN unit text, ADD COLUMN detail_en text, ALTER COLUMN boundary_id DROP NOT NULL,
    ADD CONSTRAINT finding_of_something CHECK (num_nonnulls(boundary_id, project_id) >= 1);
ALTER TABLE staging.boundary ADD COLUMN project_id bigint, ADD COLUMN reason text;
ALTER TABLE staging.legal_doc ADD COLUMN division_id bigint;
ALTER TABLE staging.change_request ADD COLUMN project_id bigint, ADD COLUMN asked_by bigint, ADD COLUMN decided_by bigint;
ALTER TABLE staging.finding ADD COLUMN project_id bigint, ADD COLUMN bank text, ADD COLUMN from_m double precision, ADD COLUMN to_m double precision,
    ADD COLUMN size double precision, ADD COLUMN unit text, ADD COLUMN detail_en text, ALTER COLUMN boundary_id DROP NOT NULL;

-- The entity, as 00001 makes them.
CREATE TABLE hetu.project (id bigint PRIMARY KEY DEFAULT nextval('hetu.feature_id'), key text NOT NULL UNIQUE CHECK (key <> ''));
CREATE UNLOGGED TABLE staging.project (batch bigint NOT NULL, n bigint NOT NULL, key text NOT NULL, id bigint NOT NULL, gone boolean NOT NULL DEFAULT false,
    fate "char", valid daterange NOT NULL CHECK (NOT isempty(valid)), source text NOT NULL, LIKE hetu.project_version INCLUDING DEFAULTS);
CREATE INDEX ON staging.project (batch, id);
ALTER TABLE hetu.project_version
    ADD COLUMN row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ADD COLUMN id bigint NOT NULL REFERENCES hetu.project (id),
    ADD COLUMN version integer NOT NULL CHECK (version >= 1),
    ADD COLUMN valid daterange NOT NULL CHECK (NOT isempty(valid)),
    ADD COLUMN recorded tstzrange NOT NULL CHECK (NOT isempty(recorded)),
    ADD COLUMN source text NOT NULL,
    ADD CONSTRAINT project_one_in_force EXCLUDE USING gist (id WITH =, valid WITH &&) WHERE (upper_inf(recorded));
CREATE UNIQUE INDEX ON hetu.project_version (id, version);
CREATE UNIQUE INDEX project_revision_once ON hetu.project_version (id, revision);
CREATE INDEX project_version_now ON hetu.project_version (id) WHERE upper_inf(recorded);
CREATE INDEX project_version_closing ON hetu.project_version (id) WHERE upper_inf(recorded) AND status IN ('announced', 'withdrawn');
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON hetu.project_version FOR EACH ROW EXECUTE FUNCTION hetu.keep_history();
-- +goose StatementBegin
DO $$
DECLARE
    col record;
BEGIN
    FOR col IN
        SELECT * FROM (VALUES ('project_version', 'river_id', 'river'), ('project_version', 'route_id', 'route'), ('project_version', 'division_id', 'division'),
            ('project_version', 'legal_doc_id', 'legal_doc'), ('boundary_version', 'project_id', 'project'), ('legal_doc_version', 'division_id', 'division'),
            ('change_request_version', 'project_id', 'project'), ('finding_version', 'project_id', 'project')) AS c (relname, attname, target)
    LOOP
        EXECUTE format('ALTER TABLE hetu.%I ADD FOREIGN KEY (%I) REFERENCES hetu.%I (id)', col.relname, col.attname, col.target);
        IF col.attname <> 'project_id' THEN
            EXECUTE format('CREATE INDEX ON hetu.%I (%I)', col.relname, col.attname);
        END IF;
    END LOOP;
END
$$;
-- +goose StatementEnd
-- A project's history may have ten thousand rows for each of today's.
CREATE INDEX boundary_version_of_project ON hetu.boundary_version (project_id) WHERE upper_inf(recorded);
CREATE INDEX boundary_version_of_project_ever ON hetu.boundary_version USING gist (project_id, recorded) WHERE project_id IS NOT NULL;
CREATE INDEX change_request_version_of_project ON hetu.change_request_version (project_id) WHERE upper_inf(recorded);
CREATE INDEX finding_version_of_project ON hetu.finding_version (project_id) WHERE upper_inf(recorded);

-- One announced line per bank, place and day, of those that projects made.
ALTER TABLE hetu.boundary_version ADD CONSTRAINT boundary_announced_once
    EXCLUDE USING gist (route_id WITH =, bank WITH =, numrange(from_m::numeric, to_m::numeric) WITH &&, valid WITH &&)
    WHERE (upper_inf(recorded) AND status = 'announced' AND project_id IS NOT NULL);

-- The moves of the lifecycle; geo/project has the same list, with who may make them.
CREATE TABLE hetu.project_move (from_status text NOT NULL, to_status text NOT NULL, PRIMARY KEY (from_status, to_status));
INSERT INTO hetu.project_move VALUES ('draft', 'checked'), ('checked', 'draft'), ('checked', 'consulted'), ('consulted', 'draft'), ('consulted', 'approved'),
    ('approved', 'draft'), ('approved', 'announced'), ('announced', 'superseded'),
    ('draft', 'withdrawn'), ('checked', 'withdrawn'), ('consulted', 'withdrawn'), ('approved', 'withdrawn'), ('announced', 'withdrawn');

-- project_moves lets a project go one revision and at most one move further.
-- +goose StatementBegin
CREATE FUNCTION hetu.project_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
DECLARE
    was hetu.project_version;
BEGIN
    SELECT * INTO was FROM hetu.project_version WHERE id = NEW.id ORDER BY version DESC LIMIT 1;
    IF NOT FOUND THEN
        IF NEW.status <> 'draft' OR NEW.revision <> 1 THEN
            RAISE EXCEPTION 'a project begins as a draft, in revision 1' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_begins';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.revision <> was.revision + 1 OR NEW.valid <> was.valid THEN
        RAISE EXCEPTION 'revision % of a project does not follow revision %', NEW.revision, was.revision USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_without_gap';
    END IF;
    IF NOT NEW.drafted_by @> was.drafted_by THEN
        RAISE EXCEPTION 'who drafted a project stays its drafter' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'drafters_stay';
    END IF;
    IF NEW.status <> was.status AND NOT EXISTS (SELECT FROM hetu.project_move WHERE from_status = was.status AND to_status = NEW.status) THEN
        RAISE EXCEPTION 'a project does not become % when it is %', NEW.status, was.status USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_moves';
    END IF;
    IF NEW.status = was.status AND was.status <> 'draft' THEN
        RAISE EXCEPTION 'a project that is % does not change' , was.status USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_moves';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER project_moves BEFORE INSERT ON hetu.project_version FOR EACH ROW EXECUTE FUNCTION hetu.project_moves();

-- announced_lines_stay refuses to close the version of an announced line, unless a project that has an approved change request for
-- it is announced or withdrawn by this very transaction.
-- +goose StatementBegin
CREATE FUNCTION hetu.announced_lines_stay() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hetu.change_request_version c JOIN hetu.project_version p ON p.id = c.project_id AND upper_inf(p.recorded)
        WHERE c.boundary_id = OLD.id AND upper_inf(c.recorded) AND c.status = 'approved'
            AND p.status IN ('announced', 'withdrawn') AND p.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'boundary % is announced: it changes by a project that has an approved change request for it', OLD.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'announced_lines_stay';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER announced_lines_stay BEFORE UPDATE ON hetu.boundary_version FOR EACH ROW
    WHEN (OLD.status = 'announced' AND OLD.project_id IS NOT NULL) EXECUTE FUNCTION hetu.announced_lines_stay();

-- announced_by_project refuses an announced line of a project, unless one is announced or withdrawn by this very transaction. The
-- line may be another's: what is left of one that was cut.
-- +goose StatementBegin
CREATE FUNCTION hetu.announced_by_project() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hetu.project_version p WHERE upper_inf(p.recorded) AND p.status IN ('announced', 'withdrawn') AND p.xmin = pg_current_xact_id()::xid)
        OR NOT EXISTS (SELECT FROM hetu.project_version p WHERE p.id = NEW.project_id AND upper_inf(p.recorded) AND p.status IN ('announced', 'superseded', 'withdrawn')) THEN
        RAISE EXCEPTION 'boundary % is announced with its project, not before or after', NEW.id USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'announced_by_project';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER announced_by_project BEFORE INSERT ON hetu.boundary_version FOR EACH ROW
    WHEN (NEW.status = 'announced' AND NEW.project_id IS NOT NULL) EXECUTE FUNCTION hetu.announced_by_project();

-- References before what refers to them.
CREATE OR REPLACE FUNCTION hetu.entities() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['division', 'legal_doc', 'river', 'route', 'node', 'edge', 'reach', 'bank_line', 'project', 'boundary', 'area', 'protection', 'stake',
        'zone', 'person', 'post', 'appointment', 'board', 'section', 'sample', 'outfall', 'problem', 'plan', 'plan_item', 'land', 'finding', 'change_request', 'claim']
$$;
-- +goose StatementBegin
DO $$
DECLARE
    branches text;
    cols text;
    e text;
BEGIN
    FOREACH e IN ARRAY ARRAY['project', 'boundary', 'legal_doc', 'change_request', 'finding'] LOOP
        PERFORM hetu.write_merge(e);
        SELECT string_agg(quote_ident(attname), ', ') INTO cols FROM pg_attribute
            WHERE attrelid = format('staging.%I', e)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'fate';
        EXECUTE format('GRANT INSERT (%s) ON staging.%I TO hetu_rw', cols, e);
    END LOOP;
    SELECT string_agg(format('IF p_kind = %L THEN RETURN QUERY SELECT o.key, coalesce(o.id, nextval(''hetu.feature_id'')), o.id IS NOT NULL
            FROM (SELECT k.key, e.id FROM (SELECT u.key, min(u.n) AS n FROM unnest(p_keys) WITH ORDINALITY u (key, n) GROUP BY u.key) k
                LEFT JOIN hetu.%I e ON e.key = k.key ORDER BY k.n OFFSET 0) o;', e2, e2), E'\n    ELS' ORDER BY n)
        INTO branches FROM unnest(hetu.entities()) WITH ORDINALITY t (e2, n);
    EXECUTE format('CREATE OR REPLACE FUNCTION hetu.resolve(p_kind text, p_keys text[]) RETURNS TABLE (key text, id bigint, stored boolean)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp
        SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS %L',
        'BEGIN ' || branches || ' ELSE RAISE EXCEPTION ''no entity is called %'', p_kind USING ERRCODE = ''undefined_table''; END IF; END');
END
$$;
-- +goose StatementEnd

-- The log of a project: each of its revisions, who made it, on what it was based, and what it touched. Times of record are those of
-- the project's own versions.
CREATE TABLE hetu.project_commit (
    project_id bigint NOT NULL REFERENCES hetu.project (id), revision integer NOT NULL CHECK (revision >= 1), base integer NOT NULL CHECK (base >= 0 AND base < revision),
    kind text NOT NULL CHECK (kind IN ('create', 'edit', 'commit', 'transition')), status text NOT NULL,
    account_id bigint NOT NULL, account_name text NOT NULL, at timestamptz NOT NULL,
    ranges jsonb NOT NULL DEFAULT '[]', content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$'), note text NOT NULL DEFAULT '', overrode bigint[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (project_id, revision)
);
-- What is drafted, operation by operation; op is text, so that it is given back byte by byte as it came.
CREATE TABLE hetu.draft_op (
    project_id bigint NOT NULL REFERENCES hetu.project (id), session text NOT NULL CHECK (session ~ '^[A-Za-z0-9_-]{8,64}$'), seq integer NOT NULL CHECK (seq >= 1),
    account_id bigint NOT NULL, account_name text NOT NULL, at timestamptz NOT NULL, base integer NOT NULL CHECK (base >= 1), op text NOT NULL CHECK (length(op) <= 262144),
    PRIMARY KEY (project_id, session, seq)
);
CREATE TABLE hetu.comment (
    id bigint PRIMARY KEY DEFAULT nextval('hetu.feature_id'), project_id bigint NOT NULL REFERENCES hetu.project (id), revision integer NOT NULL,
    bank text NOT NULL CHECK (bank IN ('left', 'right', 'both')), from_m double precision NOT NULL CHECK (hetu.finite(from_m)), to_m double precision NOT NULL CHECK (hetu.finite(to_m)),
    lon double precision, lat double precision, reply_to bigint REFERENCES hetu.comment (id), blocking boolean NOT NULL, text text NOT NULL CHECK (text <> ''),
    account_id bigint NOT NULL, account_name text NOT NULL, at timestamptz NOT NULL,
    resolved_by bigint, resolved_name text, resolved_at timestamptz, resolution text,
    CHECK (from_m <= to_m), CHECK (num_nulls(lon, lat) IN (0, 2)), CHECK (lon IS NULL OR hetu.in_extent(st_point(lon, lat))),
    CHECK (num_nulls(resolved_by, resolved_name, resolved_at, resolution) IN (0, 4))
);
CREATE INDEX ON hetu.comment (project_id);
-- A soft lease says that somebody is at work on a range; it keeps nobody away.
CREATE TABLE hetu.lease (
    project_id bigint NOT NULL REFERENCES hetu.project (id), session text NOT NULL CHECK (session ~ '^[A-Za-z0-9_-]{8,64}$'),
    account_id bigint NOT NULL, account_name text NOT NULL, bank text NOT NULL CHECK (bank IN ('left', 'right', 'both')),
    from_m double precision NOT NULL CHECK (hetu.finite(from_m)), to_m double precision NOT NULL CHECK (hetu.finite(to_m)), until timestamptz NOT NULL,
    PRIMARY KEY (project_id, session), CHECK (from_m < to_m)
);
-- What was answered to a write that carried an Idempotency-Key, for a day.
CREATE TABLE hetu.idempotency (
    account_id bigint NOT NULL, key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200), request_sha256 text NOT NULL CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
    answer text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (account_id, key)
);
-- Who uploaded a file: only he, and who may read a document that has it, files a document with it.
CREATE TABLE hetu.file (
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'), account_id bigint NOT NULL, bytes bigint NOT NULL CHECK (bytes >= 0), at timestamptz NOT NULL,
    PRIMARY KEY (sha256, account_id)
);
CREATE INDEX ON hetu.file (account_id);
CREATE INDEX legal_doc_version_of_file ON hetu.legal_doc_version (file_sha256) WHERE file_sha256 IS NOT NULL;

-- keep_comment lets a comment be resolved once, and nothing else of it be changed.
-- +goose StatementBegin
CREATE FUNCTION hetu.keep_comment() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.resolved_at IS NOT NULL
        OR to_jsonb(OLD) - ARRAY['resolved_by', 'resolved_name', 'resolved_at', 'resolution'] <> to_jsonb(NEW) - ARRAY['resolved_by', 'resolved_name', 'resolved_at', 'resolution'] THEN
        RAISE EXCEPTION 'a comment is resolved once, and stays as it was made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_comment BEFORE UPDATE OR DELETE ON hetu.comment FOR EACH ROW EXECUTE FUNCTION hetu.keep_comment();
CREATE TRIGGER keep_comments BEFORE TRUNCATE ON hetu.comment FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_comment();

-- keep_log refuses whatever is not a further row.
-- +goose StatementBegin
CREATE FUNCTION hetu.keep_log() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_log BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.project_commit FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_log();

GRANT SELECT ON hetu.project, hetu.project_version, hetu.project_move, hetu.project_commit, hetu.draft_op, hetu.comment, hetu.lease, hetu.idempotency, hetu.file TO hetu_rw, hetu_backup;
-- The role that reads the map tells drafts from what is announced by these two; who drew, said or may what is not for it.
GRANT SELECT ON hetu.project, hetu.project_version TO hetu_ro;
GRANT SELECT ON staging.project TO hetu_rw;
GRANT INSERT ON hetu.project_commit, hetu.draft_op, hetu.comment, hetu.lease, hetu.idempotency, hetu.file TO hetu_rw;
GRANT UPDATE (resolved_by, resolved_name, resolved_at, resolution) ON hetu.comment TO hetu_rw;
GRANT UPDATE, DELETE ON hetu.lease TO hetu_rw;
GRANT UPDATE (request_sha256, answer, at), DELETE ON hetu.idempotency TO hetu_rw;
GRANT USAGE ON SEQUENCE hetu.feature_id TO hetu_rw;

-- project_may tells whether somebody has one of some roles over the division of a project; with p_partners also over one of its partners'.
CREATE FUNCTION hetu.project_may(p_account bigint, p_key text, p_roles text[], p_project bigint, p_partners boolean) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM hetu.project_version p, unnest(p.division_id || CASE WHEN p_partners THEN p.partner_division_ids ELSE '{}' END) d
        WHERE p.id = p_project AND upper_inf(p.recorded) AND hetu.may(p_account, p_key, p_roles, d))
$$;
-- project_divisions is that of 00007, now that there are projects.
CREATE OR REPLACE FUNCTION hetu.project_divisions(p_boundary bigint) RETURNS bigint[] LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT p.division_id || p.partner_division_ids FROM hetu.boundary_version b JOIN hetu.project_version p ON p.id = b.project_id AND upper_inf(p.recorded)
    WHERE b.id = p_boundary AND b.project_id IS NOT NULL ORDER BY b.version DESC LIMIT 1
$$;
-- division_may is may() for what is read by grants.
CREATE FUNCTION hetu.division_may(p_account bigint, p_key text, p_roles text[], p_division bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$ SELECT hetu.may(p_account, p_key, p_roles, p_division) $$;
REVOKE EXECUTE ON FUNCTION hetu.keep_comment(), hetu.keep_log(), hetu.project_moves(), hetu.announced_lines_stay(), hetu.announced_by_project(), hetu.project_may(bigint, text, text[], bigint, boolean),
    hetu.division_may(bigint, text, text[], bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hetu.project_may(bigint, text, text[], bigint, boolean), hetu.division_may(bigint, text, text[], bigint) TO hetu_rw;
