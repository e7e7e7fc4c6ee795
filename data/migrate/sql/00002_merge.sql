-- +goose Up
-- The one way in. Rows are staged in staging.<entity> by COPY (in short transactions), then merge() brings a whole batch
-- into the store in one: identities, versions, change rows, audit row. Nothing else may write the store (see 00003).
SET LOCAL lock_timeout = '10s';

-- resolve gives each natural key its id: the stored one, else one drawn now for the batch to use.
-- +goose StatementBegin
CREATE FUNCTION hetu.resolve(p_kind text, p_keys text[]) RETURNS TABLE (key text, id bigint, stored boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF to_regclass(pg_catalog.format('hetu.%I', p_kind || '_version')) IS NULL THEN
        RAISE EXCEPTION 'no entity is called %', p_kind USING ERRCODE = 'undefined_table';
    END IF;
    -- In the order of the keys, so that the same rows give the same ids in every new store, and so the same tiles.
    RETURN QUERY EXECUTE pg_catalog.format('SELECT o.key, coalesce(o.id, nextval(''hetu.feature_id'')), o.id IS NOT NULL
        FROM (SELECT k.key, e.id FROM (SELECT u.key, min(u.n) AS n FROM unnest($1) WITH ORDINALITY u (key, n) GROUP BY u.key) k
            LEFT JOIN hetu.%I e ON e.key = k.key ORDER BY k.n OFFSET 0) o', p_kind) USING p_keys;
END
$$;
-- +goose StatementEnd

-- merge_columns lists an entity's own columns, without the bookkeeping that every entity has.
-- +goose StatementBegin
CREATE FUNCTION hetu.merge_columns(p_kind text, p_prefix text) RETURNS text LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT string_agg(p_prefix || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = pg_catalog.format('hetu.%I', p_kind || '_version')::regclass AND attnum > 0 AND NOT attisdropped
        AND attname NOT IN ('row_id', 'id', 'version', 'valid', 'recorded', 'source');
$$;
-- +goose StatementEnd

-- merge_kind brings the staged rows of one entity in. For the span a staged row is valid it replaces what was known; what
-- was known of other spans stays, cut to its remainder. A row that says what is known already changes nothing.
-- +goose StatementBegin
CREATE FUNCTION hetu.merge_kind(p_batch bigint, p_kind text, p_at timestamptz, p_audit bigint, OUT added bigint, OUT changed bigint, OUT unchanged bigint, OUT ended bigint)
LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
DECLARE
    v regclass := pg_catalog.format('hetu.%I', p_kind || '_version')::regclass;
    s regclass := pg_catalog.format('staging.%I', p_kind)::regclass;
    cols text := hetu.merge_columns(p_kind, '');
    v_cols text := hetu.merge_columns(p_kind, 'v.');
    s_cols text := hetu.merge_columns(p_kind, 's.');
    c_cols text := hetu.merge_columns(p_kind, 'c.');
    has_geom boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = v AND attname = 'geom' AND NOT attisdropped);
    touched bigint;
    twice text;
BEGIN
    -- The planner knows nothing of rows staged a second ago.
    EXECUTE pg_catalog.format('ANALYZE %s', s);
    -- One row for each day of a feature: which of two would win must not depend on what is stored already.
    EXECUTE pg_catalog.format('SELECT a.key FROM %1$s a JOIN %1$s b ON b.batch = a.batch AND b.id = a.id AND b.n > a.n AND b.valid && a.valid WHERE a.batch = $1 LIMIT 1', s)
        INTO twice USING p_batch;
    IF twice IS NOT NULL THEN
        RAISE EXCEPTION 'the % % stands in this import twice for the same days', p_kind, twice USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_row_a_day';
    END IF;
    EXECUTE pg_catalog.format('UPDATE %s s SET fate = ''u'' FROM %s v WHERE s.batch = $1 AND NOT s.gone AND v.id = s.id AND upper_inf(v.recorded)
        AND v.valid @> s.valid AND ROW(%s) IS NOT DISTINCT FROM ROW(%s)', s, v, v_cols, s_cols) USING p_batch;
    EXECUTE pg_catalog.format('UPDATE %s s SET fate = ''u'' WHERE s.batch = $1 AND s.gone
        AND NOT EXISTS (SELECT FROM %s v WHERE v.id = s.id AND upper_inf(v.recorded) AND v.valid && s.valid)', s, v) USING p_batch;
    EXECUTE pg_catalog.format('UPDATE %s s SET fate = CASE WHEN s.gone THEN ''e'' WHEN EXISTS (SELECT FROM %s v WHERE v.id = s.id) THEN ''c'' ELSE ''a'' END
        WHERE s.batch = $1 AND s.fate IS NULL', s, v) USING p_batch;
    EXECUTE pg_catalog.format('SELECT count(*) FILTER (WHERE fate = ''a''), count(*) FILTER (WHERE fate = ''c''), count(*) FILTER (WHERE fate = ''u''), count(*) FILTER (WHERE fate = ''e'')
        FROM %s WHERE batch = $1', s) INTO added, changed, unchanged, ended USING p_batch;
    IF added + changed + ended = 0 THEN
        RETURN;
    END IF;

    -- Close what the staged spans overlap; put back the parts of it that they do not reach.
    EXECUTE pg_catalog.format('WITH span AS (
            SELECT id, range_agg(valid) AS valid FROM %1$s WHERE batch = $1 AND fate <> ''u'' GROUP BY id
        ), closed AS (
            UPDATE %2$s v SET recorded = tstzrange(lower(v.recorded), $2) FROM span
            WHERE v.id = span.id AND upper_inf(v.recorded) AND v.valid && span.valid RETURNING v.*, span.valid AS taken
        )
        INSERT INTO %2$s (%3$s, id, version, valid, recorded, source)
        SELECT %4$s, c.id, newest.version + row_number() OVER (PARTITION BY c.id ORDER BY rest), rest, tstzrange($2, NULL), c.source
        FROM closed c CROSS JOIN LATERAL (SELECT max(version) AS version FROM %2$s WHERE id = c.id) newest,
            unnest(datemultirange(c.valid) - c.taken) AS rest', s, v, cols, c_cols) USING p_batch, p_at;
    EXECUTE pg_catalog.format('INSERT INTO %2$s (%3$s, id, version, valid, recorded, source)
        SELECT %4$s, s.id, coalesce(newest.version, 0) + row_number() OVER (PARTITION BY s.id ORDER BY s.valid), s.valid, tstzrange($2, NULL), s.source
        FROM %1$s s CROSS JOIN LATERAL (SELECT max(version) AS version FROM %2$s WHERE id = s.id) newest
        WHERE s.batch = $1 AND s.fate IN (''a'', ''c'') ORDER BY s.n', s, v, cols, s_cols) USING p_batch, p_at;

    EXECUTE pg_catalog.format('SELECT count(DISTINCT id) FROM %s WHERE batch = $1 AND fate <> ''u''', s) INTO touched USING p_batch;
    IF touched > 10000 THEN
        INSERT INTO hetu.change (at, kind, op, audit_id) VALUES (p_at, p_kind, 'bulk', p_audit);
        RETURN;
    END IF;
    EXECUTE pg_catalog.format('INSERT INTO hetu.change (at, kind, op, feature_id, version, box, audit_id)
        SELECT $2, $3, CASE WHEN t.put THEN ''put'' ELSE ''end'' END, t.id, max(v.version), %s, $4
        FROM (SELECT id, bool_or(fate IN (''a'', ''c'')) AS put FROM %s WHERE batch = $1 AND fate <> ''u'' GROUP BY id) t
        JOIN %s v ON v.id = t.id AND (lower(v.recorded) = $2 OR upper(v.recorded) = $2)
        GROUP BY t.id, t.put ORDER BY t.id',
        CASE WHEN has_geom THEN 'CASE WHEN count(v.geom) > 0 THEN ARRAY[min(st_xmin(v.geom)), min(st_ymin(v.geom)), max(st_xmax(v.geom)), max(st_ymax(v.geom))] END'
            ELSE 'NULL::double precision[]' END, s, v) USING p_batch, p_at, p_kind, p_audit;
END
$$;
-- +goose StatementEnd

-- merge_check holds the rules that span two entities, for the reaches that a batch touches and for those of the routes it
-- touches. Each failure names the reach, by its key, and what is wrong.
-- +goose StatementBegin
CREATE FUNCTION hetu.merge_check(p_batch bigint) RETURNS void LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    CREATE TEMP TABLE touched ON COMMIT DROP AS
        SELECT DISTINCT v.row_id FROM hetu.reach_version v JOIN staging.reach s ON s.id = v.id WHERE s.batch = p_batch AND s.fate <> 'u' AND upper_inf(v.recorded)
        UNION SELECT v.row_id FROM hetu.reach_version v JOIN staging.route s ON s.id = v.route_id WHERE s.batch = p_batch AND s.fate IN ('c', 'e') AND upper_inf(v.recorded);
    SELECT k.key INTO bad FROM touched t JOIN hetu.reach_version s ON s.row_id = t.row_id JOIN hetu.reach k ON k.id = s.id
        WHERE NOT coalesce((SELECT range_agg(r.valid) FROM hetu.route_version r WHERE r.id = s.route_id AND upper_inf(r.recorded)) @> s.valid, false) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reach %: its route is not there for all the days that the reach is', bad.key USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reach_has_route';
    END IF;
    SELECT k.key INTO bad FROM touched t JOIN hetu.reach_version s ON s.row_id = t.row_id JOIN hetu.reach k ON k.id = s.id
        JOIN hetu.route_version r ON r.id = s.route_id AND upper_inf(r.recorded) AND r.valid && s.valid WHERE s.river_id IS DISTINCT FROM r.river_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reach %: its route belongs to another river', bad.key USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reach_on_its_river';
    END IF;
    SELECT k.key, s.from_m, s.to_m, least(e.a, e.b) AS bottom, greatest(e.a, e.b) AS top INTO bad
        FROM touched t JOIN hetu.reach_version s ON s.row_id = t.row_id JOIN hetu.reach k ON k.id = s.id
        JOIN hetu.route_version r ON r.id = s.route_id AND upper_inf(r.recorded) AND r.valid && s.valid
        CROSS JOIN LATERAL (SELECT st_m(st_startpoint(r.geom)) AS a, st_m(st_endpoint(r.geom)) AS b) e
        WHERE s.to_m > greatest(e.a, e.b) + 0.01 OR s.from_m < least(e.a, e.b) - 0.01 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reach %: from % to % lies outside its route, which runs from % to %', bad.key, bad.from_m, bad.to_m, bad.bottom, bad.top
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reach_within_route';
    END IF;
    DROP TABLE touched;
END
$$;
-- +goose StatementEnd

-- merge brings a staged batch into the store, in the caller's transaction, and empties the batch.
-- p_now is the caller's clock; record times never run backwards whatever it says. p_rows is how many rows were staged: the
-- staging tables are not logged, and a database that crashed and came back has lost them.
-- +goose StatementBegin
CREATE FUNCTION hetu.merge(p_batch bigint, p_now timestamptz, p_rows bigint) RETURNS TABLE (kind text, added bigint, changed bigint, unchanged bigint, ended bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    b staging.batch;
    e text;
    v_at timestamptz;
    v_audit bigint;
    v_counts jsonb := '{}';
    r record;
    n bigint;
    staged bigint := 0;
    stolen text;
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

    FOREACH e IN ARRAY hetu.entities() LOOP
        EXECUTE pg_catalog.format('SELECT s.key FROM staging.%1$I s JOIN hetu.%1$I k ON k.id = s.id WHERE s.batch = $1 AND k.key <> s.key LIMIT 1', e) INTO stolen USING p_batch;
        IF stolen IS NOT NULL THEN
            RAISE EXCEPTION 'the % % is staged with the id of another', e, stolen USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'key_of_its_id';
        END IF;
        EXECUTE pg_catalog.format('INSERT INTO hetu.%1$I (id, key) SELECT DISTINCT s.id, s.key FROM staging.%1$I s
            WHERE s.batch = $1 AND NOT s.gone AND NOT EXISTS (SELECT FROM hetu.%1$I k WHERE k.id = s.id)', e) USING p_batch;
    END LOOP;
    FOREACH e IN ARRAY hetu.entities() LOOP
        EXECUTE pg_catalog.format('SELECT count(*) FROM staging.%I WHERE batch = $1', e) INTO n USING p_batch;
        CONTINUE WHEN n = 0;
        staged := staged + n;
        r := hetu.merge_kind(p_batch, e, v_at, v_audit);
        v_counts := v_counts || jsonb_build_object(e, jsonb_build_array(r.added, r.changed, r.unchanged, r.ended));
        kind := e; added := r.added; changed := r.changed; unchanged := r.unchanged; ended := r.ended;
        RETURN NEXT;
    END LOOP;
    IF staged <> p_rows THEN
        RAISE EXCEPTION '% of % staged rows are left: the database was restarted in the meantime; import again', staged, p_rows
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'all_rows_staged';
    END IF;
    PERFORM hetu.merge_check(p_batch);
    UPDATE hetu.audit SET counts = v_counts WHERE id = v_audit;
    PERFORM hetu.drop_batch(p_batch);
    NOTIFY hetu_change;
END
$$;
-- +goose StatementEnd

-- entities lists every entity, references before what refers to them.
-- +goose StatementBegin
CREATE FUNCTION hetu.entities() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['division', 'legal_doc', 'river', 'route', 'node', 'edge', 'reach', 'bank_line', 'boundary', 'area', 'protection', 'stake',
        'zone', 'person', 'post', 'appointment', 'board', 'section', 'sample', 'outfall', 'problem', 'plan', 'plan_item', 'land', 'finding', 'change_request', 'claim']
$$;
-- +goose StatementEnd

-- drop_batch forgets a batch that was merged or given up.
-- +goose StatementBegin
CREATE FUNCTION hetu.drop_batch(p_batch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = hetu, public, pg_temp AS $$
DECLARE
    e text;
BEGIN
    FOREACH e IN ARRAY hetu.entities() LOOP
        EXECUTE pg_catalog.format('DELETE FROM staging.%I WHERE batch = $1', e) USING p_batch;
    END LOOP;
    DELETE FROM staging.batch WHERE id = p_batch;
END
$$;
-- +goose StatementEnd
