-- +goose Up
-- Who may do what, and what was done. People log in (account, session), systems have keys (api_key). A grant is a role within a
-- division and all below it; may() and outside_grants() hold it where the write is made, in its transaction. Two chains tell what
-- was done: hetu.audit, a row for each merge, and hetu.access_audit, a row for each login, grant and refusal. They are two so
-- that a refusal need not wait for an import that holds the writers' lock.
SET LOCAL lock_timeout = '10s';

-- ---------------------------------------------------------------- people, their grants, sessions, keys and invitations
CREATE TABLE hetu.account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name = lower(name) AND name <> '' AND char_length(name) <= 64),
    display_name text NOT NULL CHECK (display_name <> '' AND char_length(display_name) <= 100),
    division_id bigint REFERENCES hetu.division (id), -- whose administrators keep it; NULL: the installation's
    password_hash text, password_at timestamptz,
    issuer text, subject text,
    disabled boolean NOT NULL DEFAULT false,
    rights_at timestamptz NOT NULL, -- when its rights changed last: sessions made before are given a new token
    made_at timestamptz NOT NULL, made_by bigint REFERENCES hetu.account (id),
    UNIQUE (issuer, subject), CHECK ((issuer IS NULL) = (subject IS NULL))
);
CREATE TABLE hetu.account_grant (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES hetu.account (id),
    role text NOT NULL CHECK (role IN ('planner', 'reviewer', 'publisher', 'office', 'admin')),
    division_id bigint REFERENCES hetu.division (id), -- NULL: the whole installation
    made_at timestamptz NOT NULL, made_by bigint REFERENCES hetu.account (id), -- NULL: by the command line
    ended_at timestamptz, ended_by bigint REFERENCES hetu.account (id)
);
CREATE UNIQUE INDEX account_grant_once ON hetu.account_grant (account_id, role, coalesce(division_id, 0)) WHERE ended_at IS NULL;
-- Tokens are 256 random bits; what is stored is their SHA-256, which nobody can log in with.
CREATE TABLE hetu.session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    previous bytea UNIQUE, previous_until timestamptz, -- requests that were under way when the token changed
    account_id bigint NOT NULL REFERENCES hetu.account (id),
    made_at timestamptz NOT NULL, turned_at timestamptz NOT NULL, seen_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
    ip text NOT NULL, agent text NOT NULL
);
CREATE INDEX ON hetu.session (account_id);
CREATE TABLE hetu.api_key (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    account_id bigint NOT NULL REFERENCES hetu.account (id),
    name text NOT NULL CHECK (name <> '' AND char_length(name) <= 100),
    roles text[] NOT NULL CHECK (cardinality(roles) >= 1),
    division_id bigint REFERENCES hetu.division (id), -- NULL: wherever its owner may
    made_at timestamptz NOT NULL, made_by bigint REFERENCES hetu.account (id),
    ends_at timestamptz NOT NULL CHECK (ends_at <= made_at + interval '366 days'),
    ended_at timestamptz, used_at timestamptz
);
CREATE INDEX ON hetu.api_key (account_id);
-- An invitation is a link that sets a password once. One of no account is the first administrator's.
CREATE TABLE hetu.invite (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    account_id bigint REFERENCES hetu.account (id),
    made_at timestamptz NOT NULL, made_by bigint REFERENCES hetu.account (id), ends_at timestamptz NOT NULL
);
CREATE INDEX ON hetu.invite (account_id);
-- Failed logins of a name from an address; the name need not be anybody's.
CREATE TABLE hetu.login_failure (
    name text NOT NULL, ip text NOT NULL, failures integer NOT NULL, last_at timestamptz NOT NULL, locked_until timestamptz,
    PRIMARY KEY (name, ip)
);
CREATE INDEX ON hetu.login_failure (last_at);

-- ---------------------------------------------------------------- who may
-- clock is the time that grants and keys are looked at by: what the process says its clock is, else the database's.
-- +goose StatementBegin
CREATE FUNCTION hetu.clock() RETURNS timestamptz LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT coalesce(nullif(current_setting('hetu.now', true), '')::timestamptz, now());
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION hetu.today() RETURNS date LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT (hetu.clock() AT TIME ZONE interval '08:00')::date;
$$;
-- +goose StatementEnd

-- division_path gives a division and all above it, by the parents of today.
-- +goose StatementBegin
CREATE FUNCTION hetu.division_path(p_division bigint) RETURNS bigint[] LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    WITH RECURSIVE up AS (
        SELECT p_division AS id WHERE p_division IS NOT NULL
        UNION SELECT d.parent_id FROM up JOIN hetu.division_version d ON d.id = up.id AND upper_inf(d.recorded) AND d.valid @> hetu.today() WHERE d.parent_id IS NOT NULL
    )
    SELECT coalesce(array_agg(id), '{}') FROM up;
$$;
-- +goose StatementEnd

-- grants_of gives what an account may do today, or with a key the part of it that the key may do: a role and a division, which is NULL
-- for the whole installation. An account that is disabled, and a key that is revoked or past its time, may do nothing.
-- +goose StatementBegin
CREATE FUNCTION hetu.grants_of(p_account bigint, p_key text) RETURNS TABLE (role text, division_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
    SELECT DISTINCT g.role, CASE
        WHEN k.division_id IS NULL THEN g.division_id
        WHEN g.division_id IS NULL OR g.division_id = ANY (hetu.division_path(k.division_id)) THEN k.division_id
        ELSE g.division_id END
    FROM hetu.account a JOIN hetu.account_grant g ON g.account_id = a.id AND g.ended_at IS NULL
    LEFT JOIN hetu.api_key k ON k.id = p_key AND k.account_id = a.id AND k.ended_at IS NULL AND k.ends_at > hetu.clock()
    WHERE a.id = p_account AND NOT a.disabled AND (coalesce(p_key, '') = '' OR k.id IS NOT NULL AND g.role = ANY (k.roles) AND (
        k.division_id IS NULL OR g.division_id IS NULL OR g.division_id = ANY (hetu.division_path(k.division_id))
        OR k.division_id = ANY (hetu.division_path(g.division_id))));
$$;
-- +goose StatementEnd

-- may tells whether an account, by a key where p_key is not empty, has one of the roles in a division. Of NULL, which is the whole
-- installation, only those have it who have it there.
-- +goose StatementBegin
CREATE FUNCTION hetu.may(p_account bigint, p_key text, p_roles text[], p_division bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM hetu.grants_of(p_account, p_key) g
        WHERE g.role = ANY (p_roles) AND (g.division_id IS NULL OR g.division_id = ANY (hetu.division_path(p_division))));
$$;
-- +goose StatementEnd

-- outside_grants gives the part of a geometry that lies more than a metre outside the divisions in which an account has one of the
-- roles; NULL when all lies inside. A division without a polygon is what the divisions below it cover.
-- +goose StatementBegin
CREATE FUNCTION hetu.outside_grants(p_account bigint, p_key text, p_roles text[], p_geom geometry) RETURNS geometry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v_geom geometry := st_force2d(p_geom);
    v_ids bigint[];
    v_ground geometry;
    v_rest geometry;
BEGIN
    IF v_geom IS NULL OR st_isempty(v_geom) OR EXISTS (SELECT FROM hetu.grants_of(p_account, p_key) g WHERE g.role = ANY (p_roles) AND g.division_id IS NULL) THEN
        RETURN NULL;
    END IF;
    v_ids := ARRAY(SELECT DISTINCT g.division_id FROM hetu.grants_of(p_account, p_key) g WHERE g.role = ANY (p_roles));
    WITH RECURSIVE ground AS (
        SELECT d.id, d.geom FROM hetu.division_version d WHERE d.id = ANY (v_ids) AND upper_inf(d.recorded) AND d.valid @> hetu.today()
        UNION SELECT d.id, d.geom FROM ground g JOIN hetu.division_version d ON d.parent_id = g.id AND upper_inf(d.recorded) AND d.valid @> hetu.today() WHERE g.geom IS NULL
    )
    SELECT st_union(geom) INTO v_ground FROM ground WHERE geom && st_expand(v_geom, 0.0001);
    IF v_ground IS NULL THEN
        RETURN v_geom;
    END IF;
    v_rest := st_difference(v_geom, v_ground);
    IF st_isempty(v_rest) THEN
        RETURN NULL;
    END IF;
    -- Only what stands out is looked at with the metre: a border has thousands of vertices.
    v_ground := st_intersection(v_ground, st_expand(st_envelope(v_rest), 0.0001));
    IF NOT st_isempty(v_ground) THEN
        v_rest := st_difference(v_rest, st_setsrid(st_buffer(v_ground::geography, 1)::geometry, st_srid(v_geom)));
    END IF;
    RETURN CASE WHEN NOT st_isempty(v_rest) THEN v_rest END;
END
$$;
-- +goose StatementEnd

-- division_tree gives divisions and all below them, by the parents of today.
-- +goose StatementBegin
CREATE FUNCTION hetu.division_tree(p_divisions bigint[]) RETURNS bigint[] LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    WITH RECURSIVE down AS (
        SELECT unnest(p_divisions) AS id
        UNION SELECT d.id FROM down JOIN hetu.division_version d ON d.parent_id = down.id AND upper_inf(d.recorded) AND d.valid @> hetu.today()
    )
    SELECT coalesce(array_agg(id), '{}') FROM down;
$$;
-- +goose StatementEnd

-- project_divisions gives the divisions of the project that a boundary is drawn in: its lead's and its partners'. NULL: it is in none. There are
-- no projects yet; the migration that makes them replaces this.
-- +goose StatementBegin
CREATE FUNCTION hetu.project_divisions(p_boundary bigint) RETURNS bigint[] LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT NULL::bigint[];
$$;
-- +goose StatementEnd

-- sees tells whether who may see the drafts of some divisions (all of a tree; NULL: of all divisions) may see a draft: by the divisions of its
-- project, else by the one that it is said to be of, else by those that it lies in, and where none has a polygon by its river's. What is of
-- none of these only those see who see all.
-- +goose StatementBegin
CREATE FUNCTION hetu.sees(p_tree bigint[], p_boundary bigint, p_division bigint, p_river bigint, p_geom geometry) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v_project bigint[];
BEGIN
    IF p_tree IS NULL THEN
        RETURN true;
    ELSIF cardinality(p_tree) = 0 THEN
        RETURN false;
    END IF;
    v_project := CASE WHEN p_boundary IS NOT NULL THEN hetu.project_divisions(p_boundary) END;
    IF v_project IS NOT NULL THEN
        RETURN v_project && p_tree;
    ELSIF p_division IS NOT NULL THEN
        RETURN p_division = ANY (p_tree);
    END IF;
    IF p_geom IS NOT NULL AND EXISTS (SELECT FROM hetu.division_version d WHERE d.geom && p_geom AND upper_inf(d.recorded) AND d.valid @> hetu.today() AND st_intersects(d.geom, p_geom)) THEN
        RETURN EXISTS (SELECT FROM hetu.division_version d WHERE d.id = ANY (p_tree) AND d.geom && p_geom AND upper_inf(d.recorded) AND d.valid @> hetu.today() AND st_intersects(d.geom, p_geom));
    END IF;
    RETURN EXISTS (SELECT FROM hetu.river_version r WHERE r.id = p_river AND upper_inf(r.recorded) AND r.valid @> hetu.today() AND r.division_id = ANY (p_tree));
END
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------- what was done
ALTER TABLE staging.batch ADD COLUMN account_id bigint, ADD COLUMN key_id text, ADD COLUMN ip text, ADD COLUMN request_id text;
-- body is what was hashed, byte for byte, so that no setting of a session can change what is verified; digests has, for each
-- entity, what the rows of versions hash to that the write made and closed. NULL: the write is older than the chain, or bulk.
ALTER TABLE hetu.audit ADD COLUMN account_id bigint, ADD COLUMN key_id text, ADD COLUMN ip text, ADD COLUMN request_id text,
    ADD COLUMN digests jsonb, ADD COLUMN body bytea, ADD COLUMN prev bytea, ADD COLUMN hash bytea;
CREATE TABLE hetu.access_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL,
    account_id bigint, actor text NOT NULL, key_id text, ip text, request_id text,
    action text NOT NULL CHECK (action <> ''), object text, result text NOT NULL CHECK (result IN ('done', 'refused', 'failed')), detail text,
    body bytea NOT NULL, prev bytea NOT NULL, hash bytea NOT NULL
);
CREATE INDEX ON hetu.access_audit (at);

-- audit_body writes a row of hetu.audit as bytes; times are microseconds since 1970.
-- +goose StatementBegin
CREATE FUNCTION hetu.audit_body(a hetu.audit) RETURNS bytea LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT convert_to(jsonb_build_object('chain', 'write', 'id', a.id, 'at_us', (extract(epoch FROM a.at) * 1000000)::bigint, 'actor', a.actor, 'what', a.what,
        'counts', a.counts, 'account', a.account_id, 'key', a.key_id, 'ip', a.ip, 'request', a.request_id, 'digests', a.digests)::text, 'UTF8');
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION hetu.access_body(a hetu.access_audit) RETURNS bytea LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT convert_to(jsonb_build_object('chain', 'access', 'id', a.id, 'at_us', (extract(epoch FROM a.at) * 1000000)::bigint, 'actor', a.actor, 'account', a.account_id,
        'key', a.key_id, 'ip', a.ip, 'request', a.request_id, 'action', a.action, 'object', a.object, 'result', a.result, 'detail', a.detail)::text, 'UTF8');
$$;
-- +goose StatementEnd

-- What was written before there was a chain begins it.
-- +goose StatementBegin
DO $$
DECLARE
    a hetu.audit;
    v_prev bytea := sha256('hetu audit: write');
BEGIN
    FOR a IN SELECT * FROM hetu.audit ORDER BY id LOOP
        a.body := hetu.audit_body(a);
        a.prev := v_prev;
        v_prev := sha256(v_prev || a.body);
        UPDATE hetu.audit SET body = a.body, prev = a.prev, hash = v_prev WHERE id = a.id;
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER TABLE hetu.audit ALTER body SET NOT NULL, ALTER prev SET NOT NULL, ALTER hash SET NOT NULL;

-- keep_audit refuses whatever is not a further row, to everyone.
-- +goose StatementBegin
CREATE FUNCTION hetu.keep_audit() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the audit % is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.audit FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_audit();
CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE OR TRUNCATE ON hetu.access_audit FOR EACH STATEMENT EXECUTE FUNCTION hetu.keep_audit();

-- audit_access adds a row to the chain of logins, grants and refusals. Its lock is held until the caller's transaction ends, which is to
-- be short.
-- +goose StatementBegin
CREATE FUNCTION hetu.audit_access(p_at timestamptz, p_account bigint, p_actor text, p_key text, p_ip text, p_request text, p_action text, p_object text, p_result text, p_detail text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    a hetu.access_audit;
BEGIN
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

-- tell_identity adds to that chain what becomes of an account, a grant, a session, a key or an invitation, whatever path it took: the program tells
-- who did it, this that it was done, and by which role of the database. It is told when the transaction ends, so that no other waits for the chain's lock meanwhile; and by the
-- database's clock. When something was used is not told, nor any hash.
-- +goose StatementBegin
CREATE FUNCTION hetu.tell_identity() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v_quiet CONSTANT text[] := '{used_at,rights_at,seen_at,turned_at,previous,previous_until}';
    v_secret CONSTANT text[] := '{hash,password_hash,agent}';
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
CREATE CONSTRAINT TRIGGER tell_identity AFTER INSERT OR UPDATE ON hetu.account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hetu.tell_identity();
CREATE CONSTRAINT TRIGGER tell_identity AFTER INSERT OR UPDATE ON hetu.account_grant DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hetu.tell_identity();
CREATE CONSTRAINT TRIGGER tell_identity AFTER INSERT OR UPDATE ON hetu.session DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hetu.tell_identity();
CREATE CONSTRAINT TRIGGER tell_identity AFTER INSERT OR UPDATE ON hetu.api_key DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hetu.tell_identity();
CREATE CONSTRAINT TRIGGER tell_identity AFTER INSERT OR UPDATE ON hetu.invite DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hetu.tell_identity();

-- write_merge is that of 00004, and writes besides fingerprint_<entity>, which gives 32 bytes that stand for what a version row says:
-- what is NULL does not count, so that a column that is added later changes none that are there. The functions that it writes
-- tell the digest of the rows that a merge made and closed; digests_<entity> tells it of every write, for verification.
DROP FUNCTION hetu.write_merge(text);
-- +goose StatementBegin
CREATE FUNCTION hetu.write_merge(p_kind text) RETURNS void LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $write$
DECLARE
    v regclass := pg_catalog.format('hetu.%I', p_kind || '_version')::regclass;
    has_geom boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = v AND attname = 'geom' AND NOT attisdropped);
    head text := 'CREATE FUNCTION hetu.%I(p_batch bigint, p_at timestamptz, p_audit bigint, OUT added bigint, OUT changed bigint, OUT unchanged bigint, OUT ended bigint, OUT digest bytea)
        LANGUAGE plpgsql SET search_path = hetu, public, pg_temp %s AS %L';
    body text := pg_catalog.format($body$
DECLARE
    bad text;
BEGIN
    SELECT s.key INTO bad FROM staging.%1$I s JOIN hetu.%1$I k ON k.id = s.id WHERE s.batch = p_batch AND k.key <> s.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the %1$s %% is staged with the id of another', bad USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'key_of_its_id';
    END IF;
    -- One row for each day of a feature: which of two would win must not depend on what is stored already.
    SELECT a.key INTO bad FROM staging.%1$I a JOIN staging.%1$I b ON b.batch = a.batch AND b.id = a.id AND b.n > a.n AND b.valid && a.valid WHERE a.batch = p_batch LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the %1$s %% stands in this import twice for the same days', bad USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_row_a_day';
    END IF;
    INSERT INTO hetu.%1$I (id, key) SELECT DISTINCT s.id, s.key FROM staging.%1$I s
        WHERE s.batch = p_batch AND NOT s.gone AND NOT EXISTS (SELECT FROM hetu.%1$I k WHERE k.id = s.id);

    WITH fated AS (
        UPDATE staging.%1$I s SET fate = CASE
            WHEN NOT s.gone AND EXISTS (SELECT FROM %2$s v WHERE v.id = s.id AND upper_inf(v.recorded) AND v.valid @> s.valid AND ROW(%4$s) IS NOT DISTINCT FROM ROW(%5$s)) THEN 'u'
            WHEN s.gone AND NOT EXISTS (SELECT FROM %2$s v WHERE v.id = s.id AND upper_inf(v.recorded) AND v.valid && s.valid) THEN 'u'
            WHEN s.gone THEN 'e'
            WHEN EXISTS (SELECT FROM %2$s v WHERE v.id = s.id) THEN 'c'
            ELSE 'a' END
        WHERE s.batch = p_batch RETURNING s.fate
    )
    SELECT count(*) FILTER (WHERE fate = 'a'), count(*) FILTER (WHERE fate = 'c'), count(*) FILTER (WHERE fate = 'u'), count(*) FILTER (WHERE fate = 'e')
        INTO added, changed, unchanged, ended FROM fated;
    IF added + changed + ended = 0 THEN
        RETURN;
    END IF;

    -- Close what the staged spans overlap; put back the parts of it that they do not reach.
    WITH span AS (
        SELECT id, range_agg(valid) AS valid FROM staging.%1$I WHERE batch = p_batch AND fate <> 'u' GROUP BY id
    ), closed AS (
        UPDATE %2$s v SET recorded = tstzrange(lower(v.recorded), p_at) FROM span
        WHERE v.id = span.id AND upper_inf(v.recorded) AND v.valid && span.valid RETURNING v.*, span.valid AS taken
    )
    INSERT INTO %2$s (%3$s, id, version, valid, recorded, source)
    SELECT %6$s, c.id, newest.version + row_number() OVER (PARTITION BY c.id ORDER BY rest), rest, tstzrange(p_at, NULL), c.source
    FROM closed c CROSS JOIN LATERAL (SELECT max(version) AS version FROM %2$s WHERE id = c.id) newest,
        unnest(datemultirange(c.valid) - c.taken) AS rest;
    INSERT INTO %2$s (%3$s, id, version, valid, recorded, source)
    SELECT %5$s, s.id, coalesce(newest.version, 0) + row_number() OVER (PARTITION BY s.id ORDER BY s.valid), s.valid, tstzrange(p_at, NULL), s.source
    FROM staging.%1$I s CROSS JOIN LATERAL (SELECT max(version) AS version FROM %2$s WHERE id = s.id) newest
    WHERE s.batch = p_batch AND s.fate IN ('a', 'c') ORDER BY s.n;

    IF added + changed + ended > 10000 THEN
        -- The planner is told at once: until autovacuum came by, plans for a small table would be used on a large one. Of geometry it
        -- is told then; that can take seconds.
        ANALYZE %2$s (%9$s);
    END IF;
    IF added + changed + ended > 10000 AND (SELECT count(DISTINCT id) FROM staging.%1$I WHERE batch = p_batch AND fate <> 'u') > 10000 THEN
        INSERT INTO hetu.change (at, kind, op, audit_id) VALUES (p_at, %7$L, 'bulk', p_audit);
        RETURN;
    END IF;
    INSERT INTO hetu.change (at, kind, op, feature_id, version, box, audit_id)
    SELECT p_at, %7$L, CASE WHEN t.put THEN 'put' ELSE 'end' END, t.id, max(v.version), %8$s, p_audit
    FROM (SELECT id, bool_or(fate IN ('a', 'c')) AS put FROM staging.%1$I WHERE batch = p_batch AND fate <> 'u' GROUP BY id) t
    JOIN %2$s v ON v.id = t.id AND (lower(v.recorded) = p_at OR upper(v.recorded) = p_at)
    GROUP BY t.id, t.put ORDER BY t.id;
    SELECT sha256(string_agg(CASE WHEN lower(v.recorded) = p_at THEN '\x01'::bytea || hetu.%10$I(v) ELSE '\x02'::bytea || int8send(v.id) || int4send(v.version) END, ''::bytea ORDER BY v.id, v.version))
        INTO digest
    FROM (SELECT DISTINCT id FROM staging.%1$I WHERE batch = p_batch AND fate <> 'u') t
    JOIN %2$s v ON v.id = t.id AND (lower(v.recorded) = p_at OR upper(v.recorded) = p_at);
END
$body$, p_kind, v, merge_columns(p_kind, ''), merge_columns(p_kind, 'v.'), merge_columns(p_kind, 's.'), merge_columns(p_kind, 'c.'), p_kind,
        CASE WHEN has_geom THEN 'CASE WHEN count(v.geom) > 0 THEN ARRAY[min(st_xmin(v.geom)), min(st_ymin(v.geom)), max(st_xmax(v.geom)), max(st_ymax(v.geom))] END'
            ELSE 'NULL::double precision[]' END,
        (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = v AND attnum > 0 AND NOT attisdropped AND attname <> 'geom'),
        'fingerprint_' || p_kind);
    fields text := (SELECT string_agg(pg_catalog.format(CASE
            WHEN atttypid = 'geometry'::regtype THEN '%L, encode(sha256(st_asbinary(v.%I, ''NDR'')), ''hex'')'
            WHEN atttypid IN ('jsonb'::regtype, 'daterange'::regtype, 'text[]'::regtype) THEN '%L, v.%I::text' ELSE '%L, v.%I' END, attname, attname), ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = v AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('row_id', 'recorded'));
BEGIN
    EXECUTE pg_catalog.format('DROP FUNCTION IF EXISTS hetu.%I(bigint, timestamptz, bigint), hetu.%I(bigint, timestamptz, bigint)', 'merge_' || p_kind, 'merge_few_' || p_kind);
    EXECUTE pg_catalog.format('CREATE OR REPLACE FUNCTION hetu.%I(v %s) RETURNS bytea LANGUAGE sql STABLE
        SET search_path = hetu, public, pg_temp SET timezone = ''UTC'' SET datestyle = ''ISO'' SET extra_float_digits = 1 AS %L',
        'fingerprint_' || p_kind, v, 'SELECT sha256(convert_to(jsonb_strip_nulls(jsonb_build_object(' || fields || '))::text, ''UTF8''))');
    EXECUTE pg_catalog.format('CREATE OR REPLACE FUNCTION hetu.%I() RETURNS TABLE (at timestamptz, digest bytea, n bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS %L',
        'digests_' || p_kind, pg_catalog.format('SELECT e.at, sha256(string_agg(e.said, ''''::bytea ORDER BY e.id, e.version)), count(*) FROM (
                SELECT lower(v.recorded) AS at, v.id, v.version, ''\x01''::bytea || hetu.%1$I(v) AS said FROM %2$s v
                UNION ALL SELECT upper(v.recorded), v.id, v.version, ''\x02''::bytea || int8send(v.id) || int4send(v.version) FROM %2$s v WHERE NOT upper_inf(v.recorded)
            ) e GROUP BY e.at', 'fingerprint_' || p_kind, v));
    EXECUTE pg_catalog.format(head, 'merge_' || p_kind, '', body);
    EXECUTE pg_catalog.format(head, 'merge_few_' || p_kind,
        'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off', body);
    EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION hetu.%I(bigint, timestamptz, bigint), hetu.%I(bigint, timestamptz, bigint), hetu.%I(%s), hetu.%I() FROM PUBLIC',
        'merge_' || p_kind, 'merge_few_' || p_kind, 'fingerprint_' || p_kind, v, 'digests_' || p_kind);
END
$write$;
-- +goose StatementEnd
SELECT hetu.write_merge(e) FROM unnest(hetu.entities()) e;

-- digests gives the digest of what each write made and closed of an entity's versions, and versions_at the versions of one write.
-- +goose StatementBegin
CREATE FUNCTION hetu.digests(p_kind text) RETURNS TABLE (at timestamptz, digest bytea, n bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF NOT p_kind = ANY (hetu.entities()) THEN
        RAISE EXCEPTION 'no entity is called %', p_kind USING ERRCODE = 'undefined_table';
    END IF;
    RETURN QUERY EXECUTE pg_catalog.format('SELECT * FROM hetu.%I()', 'digests_' || p_kind);
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION hetu.versions_at(p_kind text, p_at timestamptz) RETURNS TABLE (id bigint, version integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF NOT p_kind = ANY (hetu.entities()) THEN
        RAISE EXCEPTION 'no entity is called %', p_kind USING ERRCODE = 'undefined_table';
    END IF;
    RETURN QUERY EXECUTE pg_catalog.format('SELECT id, version FROM hetu.%I WHERE lower(recorded) = $1 OR upper(recorded) = $1 ORDER BY id, version LIMIT 10', p_kind || '_version') USING p_at;
END
$$;
-- +goose StatementEnd

-- merge is that of 00004, and writes its row of the audit last, as one of the chain.
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
    a.counts := '{}'; a.digests := '{}';

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

-- open_batch is that of 00004, and notes who writes: an account, its key, the address and the request.
DROP FUNCTION hetu.open_batch(timestamptz, text, text);
-- +goose StatementBegin
CREATE FUNCTION hetu.open_batch(p_at timestamptz, p_actor text, p_what text, p_account bigint DEFAULT NULL, p_key text DEFAULT NULL, p_ip text DEFAULT NULL, p_request text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    LOCK TABLE hetu.audit IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO staging.batch (at, actor, what, account_id, key_id, ip, request_id) VALUES (p_at, p_actor, p_what, p_account, p_key, p_ip, p_request) RETURNING id INTO v_id;
    RETURN v_id;
END
$$;
-- +goose StatementEnd

-- lock_writers takes the writers' lock, for what has to be looked at before a merge and must not change until it is done.
-- +goose StatementBegin
CREATE FUNCTION hetu.lock_writers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    LOCK TABLE hetu.audit IN SHARE ROW EXCLUSIVE MODE;
END
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------- rights
REVOKE EXECUTE ON FUNCTION hetu.division_tree(bigint[]), hetu.project_divisions(bigint), hetu.sees(bigint[], bigint, bigint, bigint, geometry), hetu.clock(), hetu.today(), hetu.division_path(bigint), hetu.grants_of(bigint, text), hetu.may(bigint, text, text[], bigint),
    hetu.outside_grants(bigint, text, text[], geometry), hetu.audit_body(hetu.audit), hetu.access_body(hetu.access_audit), hetu.keep_audit(), hetu.tell_identity(),
    hetu.audit_access(timestamptz, bigint, text, text, text, text, text, text, text, text), hetu.write_merge(text),
    hetu.open_batch(timestamptz, text, text, bigint, text, text, text), hetu.lock_writers(), hetu.digests(text), hetu.versions_at(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hetu.clock(), hetu.today(), hetu.division_path(bigint), hetu.division_tree(bigint[]), hetu.project_divisions(bigint),
    hetu.sees(bigint[], bigint, bigint, bigint, geometry) TO hetu_rw, hetu_ro;
GRANT EXECUTE ON FUNCTION hetu.grants_of(bigint, text), hetu.may(bigint, text, text[], bigint), hetu.outside_grants(bigint, text, text[], geometry),
    hetu.audit_access(timestamptz, bigint, text, text, text, text, text, text, text, text),
    hetu.open_batch(timestamptz, text, text, bigint, text, text, text), hetu.lock_writers(), hetu.digests(text), hetu.versions_at(text, timestamptz),
    hetu.audit_body(hetu.audit), hetu.access_body(hetu.access_audit) TO hetu_rw;
-- Who logs in is for the one that lets in; the role that reads the map sees none of it, nor who wrote. A right that was given is taken back, never
-- made another; whose a session or key is does not change.
GRANT SELECT, INSERT ON hetu.account, hetu.account_grant, hetu.api_key, hetu.session, hetu.invite TO hetu_rw;
GRANT UPDATE (password_hash, password_at, disabled, rights_at) ON hetu.account TO hetu_rw;
GRANT UPDATE (ended_at, ended_by) ON hetu.account_grant TO hetu_rw;
GRANT UPDATE (ended_at, used_at) ON hetu.api_key TO hetu_rw;
GRANT UPDATE (hash, previous, previous_until, turned_at, seen_at) ON hetu.session TO hetu_rw;
GRANT UPDATE (ends_at) ON hetu.invite TO hetu_rw; -- to hold a row: nothing writes it
GRANT DELETE ON hetu.session, hetu.invite TO hetu_rw;
GRANT SELECT, INSERT, UPDATE, DELETE ON hetu.login_failure TO hetu_rw;
GRANT SELECT ON hetu.access_audit TO hetu_rw;
REVOKE SELECT ON hetu.audit FROM hetu_ro;
GRANT SELECT (id, at, counts) ON hetu.audit TO hetu_ro;
GRANT SELECT ON hetu.account, hetu.account_grant, hetu.session, hetu.api_key, hetu.invite, hetu.login_failure, hetu.access_audit TO hetu_backup;
