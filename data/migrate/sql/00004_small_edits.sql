-- +goose Up
-- One edit is a few rows of one or two entities. merge() looked at all 27, planned a dozen statements for each it found, and
-- took statistics of staging: 9 ms in an empty store, 50 to 100 in one that holds a million reaches. Now it visits the entities
-- that the batch has rows of, and each has functions of its own, whose statements a session plans once. What is written, what is
-- refused and what is told stays as it was.
SET LOCAL lock_timeout = '10s';

-- A search by reach must not go through a list of what is not in the index yet.
ALTER INDEX hetu.board_version_reach_ids_idx SET (fastupdate = off);
SELECT gin_clean_pending_list('hetu.board_version_reach_ids_idx');

-- Rows of a batch are found by their feature, so that no plan can compare each with each.
-- +goose StatementBegin
DO $$
DECLARE
    e text;
BEGIN
    FOREACH e IN ARRAY hetu.entities() LOOP
        EXECUTE format('DROP INDEX staging.%I', e || '_batch_idx');
        EXECUTE format('CREATE INDEX ON staging.%I (batch, id)', e);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- write_merge writes the functions that bring the staged rows of one entity in: merge_few_<entity> for a few rows, its plans
-- kept and always by index, whatever the statistics of staging say; merge_<entity> for many, planned by statistics. A migration
-- that changes the columns of an entity calls it again.
--
-- For the span a staged row is valid it replaces what was known; what was known of other spans stays, cut to its remainder. A
-- row that says what is known already changes nothing.
-- +goose StatementBegin
CREATE FUNCTION hetu.write_merge(p_kind text) RETURNS void LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $write$
DECLARE
    v regclass := pg_catalog.format('hetu.%I', p_kind || '_version')::regclass;
    has_geom boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = v AND attname = 'geom' AND NOT attisdropped);
    head text := 'CREATE OR REPLACE FUNCTION hetu.%I(p_batch bigint, p_at timestamptz, p_audit bigint, OUT added bigint, OUT changed bigint, OUT unchanged bigint, OUT ended bigint)
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
END
$body$, p_kind, v, merge_columns(p_kind, ''), merge_columns(p_kind, 'v.'), merge_columns(p_kind, 's.'), merge_columns(p_kind, 'c.'), p_kind,
        CASE WHEN has_geom THEN 'CASE WHEN count(v.geom) > 0 THEN ARRAY[min(st_xmin(v.geom)), min(st_ymin(v.geom)), max(st_xmax(v.geom)), max(st_ymax(v.geom))] END'
            ELSE 'NULL::double precision[]' END,
        (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = v AND attnum > 0 AND NOT attisdropped AND attname <> 'geom'));
BEGIN
    EXECUTE pg_catalog.format(head, 'merge_' || p_kind, '', body);
    EXECUTE pg_catalog.format(head, 'merge_few_' || p_kind,
        'SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off', body);
    EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION hetu.%I(bigint, timestamptz, bigint), hetu.%I(bigint, timestamptz, bigint) FROM PUBLIC', 'merge_' || p_kind, 'merge_few_' || p_kind);
END
$write$;
-- +goose StatementEnd

-- resolve gives each natural key its id: the stored one, else one drawn now for the batch to use.
-- +goose StatementBegin
DO $$
DECLARE
    branches text;
BEGIN
    PERFORM hetu.write_merge(e) FROM unnest(hetu.entities()) e;
    DROP FUNCTION hetu.merge_kind(bigint, text, timestamptz, bigint);
    -- In the order of the keys, so that the same rows give the same ids in every new store, and so the same tiles.
    SELECT string_agg(format('IF p_kind = %L THEN RETURN QUERY SELECT o.key, coalesce(o.id, nextval(''hetu.feature_id'')), o.id IS NOT NULL
            FROM (SELECT k.key, e.id FROM (SELECT u.key, min(u.n) AS n FROM unnest(p_keys) WITH ORDINALITY u (key, n) GROUP BY u.key) k
                LEFT JOIN hetu.%I e ON e.key = k.key ORDER BY k.n OFFSET 0) o;', e, e), E'\n    ELS' ORDER BY n)
        INTO branches FROM unnest(hetu.entities()) WITH ORDINALITY t (e, n);
    EXECUTE format('CREATE OR REPLACE FUNCTION hetu.resolve(p_kind text, p_keys text[]) RETURNS TABLE (key text, id bigint, stored boolean)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp
        SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS %L',
        'BEGIN ' || branches || ' ELSE RAISE EXCEPTION ''no entity is called %'', p_kind USING ERRCODE = ''undefined_table''; END IF; END');
END
$$;
-- +goose StatementEnd

-- merge_check holds the rules that span two entities, for the reaches that a batch touches and for those of the routes it
-- touches. A failure names the reach, by its key, and what is wrong.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION hetu.merge_check(p_batch bigint) RETURNS void LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT v.row_id FROM hetu.reach_version v JOIN staging.reach s ON s.id = v.id WHERE s.batch = p_batch AND s.fate <> 'u' AND upper_inf(v.recorded)
        UNION SELECT v.row_id FROM hetu.reach_version v JOIN staging.route s ON s.id = v.route_id WHERE s.batch = p_batch AND s.fate IN ('c', 'e') AND upper_inf(v.recorded)
    ), stretch AS MATERIALIZED (
        SELECT s.id, s.route_id, s.river_id, s.from_m, s.to_m, s.valid FROM touched t JOIN hetu.reach_version s ON s.row_id = t.row_id
    )
    SELECT b.rule, k.key, b.from_m, b.to_m, b.bottom, b.top INTO bad FROM (
        SELECT 1 AS rule, s.id, s.from_m, s.to_m, NULL::double precision AS bottom, NULL::double precision AS top FROM stretch s
            WHERE NOT coalesce((SELECT range_agg(r.valid) FROM hetu.route_version r WHERE r.id = s.route_id AND upper_inf(r.recorded)) @> s.valid, false)
        UNION ALL
        SELECT CASE WHEN s.river_id IS DISTINCT FROM r.river_id THEN 2 ELSE 3 END, s.id, s.from_m, s.to_m, e.bottom, e.top
            FROM stretch s JOIN hetu.route_version r ON r.id = s.route_id AND upper_inf(r.recorded) AND r.valid && s.valid
            CROSS JOIN LATERAL (SELECT st_m(st_startpoint(r.geom)) AS a, st_m(st_endpoint(r.geom)) AS b OFFSET 0) m
            CROSS JOIN LATERAL (SELECT least(m.a, m.b) AS bottom, greatest(m.a, m.b) AS top) e
            WHERE s.river_id IS DISTINCT FROM r.river_id OR s.to_m > e.top + 0.01 OR s.from_m < e.bottom - 0.01
    ) b JOIN hetu.reach k ON k.id = b.id ORDER BY b.rule, k.key LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF bad.rule = 1 THEN
        RAISE EXCEPTION 'reach %: its route is not there for all the days that the reach is', bad.key USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reach_has_route';
    ELSIF bad.rule = 2 THEN
        RAISE EXCEPTION 'reach %: its route belongs to another river', bad.key USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reach_on_its_river';
    END IF;
    RAISE EXCEPTION 'reach %: from % to % lies outside its route, which runs from % to %', bad.key, bad.from_m, bad.to_m, bad.bottom, bad.top
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reach_within_route';
END
$$;
-- +goose StatementEnd

-- merge brings a staged batch into the store, in the caller's transaction, and empties the batch.
-- p_now is the caller's clock; record times never run backwards whatever it says. p_rows is how many rows were staged: the
-- staging tables are not logged, and a database that crashed and came back has lost them. p_kinds names the entities they are
-- of; without it all are looked at.
DROP FUNCTION hetu.merge(bigint, timestamptz, bigint);
-- +goose StatementBegin
CREATE FUNCTION hetu.merge(p_batch bigint, p_now timestamptz, p_rows bigint, p_kinds text[] DEFAULT NULL)
RETURNS TABLE (kind text, added bigint, changed bigint, unchanged bigint, ended bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    few CONSTANT boolean := p_rows <= 1000;
    b staging.batch;
    v_kinds text[];
    e text;
    v_at timestamptz;
    v_audit bigint;
    v_counts jsonb := '{}';
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
    v_at := greatest(p_now, (SELECT max(at) FROM hetu.audit) + interval '1 microsecond');
    INSERT INTO hetu.audit (at, actor, what, counts) VALUES (v_at, b.actor, b.what, '{}') RETURNING id INTO v_audit;

    -- References before what refers to them, so that every identity is there when it is referred to.
    v_kinds := ARRAY(SELECT t.e FROM unnest(hetu.entities()) WITH ORDINALITY t (e, n) WHERE p_kinds IS NULL OR t.e = ANY (p_kinds) ORDER BY t.n);
    FOREACH e IN ARRAY v_kinds LOOP
        IF NOT few THEN
            -- The planner knows nothing of rows staged a second ago.
            EXECUTE pg_catalog.format('ANALYZE staging.%I (batch, n, id, valid, gone)', e);
        END IF;
        EXECUTE pg_catalog.format('SELECT * FROM hetu.%I($1, $2, $3)', CASE WHEN few THEN 'merge_few_' ELSE 'merge_' END || e) INTO r USING p_batch, v_at, v_audit;
        CONTINUE WHEN r.added + r.changed + r.unchanged + r.ended = 0;
        staged := staged + r.added + r.changed + r.unchanged + r.ended;
        v_counts := v_counts || jsonb_build_object(e, jsonb_build_array(r.added, r.changed, r.unchanged, r.ended));
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
    UPDATE hetu.audit SET counts = v_counts WHERE id = v_audit;
    FOREACH e IN ARRAY v_kinds LOOP
        EXECUTE pg_catalog.format('DELETE FROM staging.%I WHERE batch = $1', e) USING p_batch;
    END LOOP;
    DELETE FROM staging.batch WHERE id = p_batch;
    NOTIFY hetu_change;
END
$$;
-- +goose StatementEnd

-- open_batch opens a batch that is staged and merged in the transaction that calls this: a few rows, that nobody need look at
-- in between. It takes the writers' lock before the transaction has a number, so that nobody holds the feed back while he waits.
-- +goose StatementBegin
CREATE FUNCTION hetu.open_batch(p_at timestamptz, p_actor text, p_what text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    LOCK TABLE hetu.audit IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO staging.batch (at, actor, what) VALUES (p_at, p_actor, p_what) RETURNING id INTO v_id;
    RETURN v_id;
END
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION hetu.write_merge(text), hetu.merge(bigint, timestamptz, bigint, text[]), hetu.open_batch(timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hetu.merge(bigint, timestamptz, bigint, text[]), hetu.open_batch(timestamptz, text, text) TO hetu_rw;
