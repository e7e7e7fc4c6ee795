-- +goose Up
-- The store: what domain.md calls Core, each entity as two tables. `river` holds identities (id and natural key) and is
-- what references point at; `river_version` holds what is known of it: one row for each span of civil days it is true
-- (valid, the business axis) and each span of time the record says so (recorded, the record axis). A version row is
-- never changed but for the closing of `recorded`, and never deleted: triggers below refuse it.
-- Geometry is EPSG:4490, lon/lat. All writes go through merge() (00002).
SET LOCAL lock_timeout = '10s';

CREATE SCHEMA IF NOT EXISTS staging;

CREATE SEQUENCE hetu.feature_id;

-- in_extent bounds every stored geometry by the installation's extent; replaced with other numbers by migrate.SetExtent.
-- BEGIN ATOMIC binds the functions at creation, so no search_path can change what a constraint means.
-- +goose StatementBegin
CREATE FUNCTION hetu.in_extent(g geometry) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT st_xmin(g) >= 73 AND st_xmax(g) <= 136 AND st_ymin(g) >= 3 AND st_ymax(g) <= 54;
END;
-- +goose StatementEnd

-- storable is the last barrier before a geometry is stored. The bounding box skips NaN and validity looks at X and Y
-- only, so Z and M are swapped into X and looked at as points.
-- +goose StatementBegin
CREATE FUNCTION hetu.storable(g geometry, dims integer) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (st_npoints(g) <= 200000 AND st_ndims(g) = dims AND NOT st_isempty(g) AND hetu.in_extent(g) AND st_isvalid(g)
        AND (st_zmflag(g) NOT IN (2, 3) OR st_isvalid(st_swapordinates(st_points(g), 'xz')))
        AND (st_zmflag(g) NOT IN (1, 3) OR st_isvalid(st_swapordinates(st_points(g), 'xm')))) IS TRUE;
END;
-- +goose StatementEnd

-- finite refuses NaN and the infinities in a measure; NULL stays NULL.
-- +goose StatementBegin
CREATE FUNCTION hetu.finite(v double precision) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT v > '-infinity'::double precision AND v < 'infinity'::double precision;
END;
-- +goose StatementEnd

CREATE TABLE hetu.setting (key text PRIMARY KEY, value jsonb NOT NULL);

CREATE TABLE hetu.division_version (
    code_scheme text NOT NULL, code text NOT NULL CHECK (code <> ''), name text NOT NULL CHECK (name <> ''), name_en text,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 6), kind text NOT NULL, parent_id bigint,
    geom geometry(MultiPolygon, 4490) CHECK (geom IS NULL OR hetu.storable(geom, 2))
);
CREATE TABLE hetu.legal_doc_version (
    kind text NOT NULL CHECK (kind IN ('consultation', 'announcement', 'approval', 'appointment', 'notice', 'article')),
    number text, title text NOT NULL, issuer text, dated date, url text, file_sha256 text CHECK (file_sha256 ~ '^[0-9a-f]{64}$')
);
CREATE TABLE hetu.river_version (
    code_scheme text, code text, name text NOT NULL CHECK (name <> ''), name_en text, aliases text[] NOT NULL DEFAULT '{}',
    division_id bigint, river_kind text NOT NULL CHECK (river_kind IN ('river', 'gully', 'canal', 'ditch')),
    basin_area_km2 double precision CHECK (basin_area_km2 > 0 AND hetu.finite(basin_area_km2)),
    length_km double precision CHECK (length_km > 0 AND hetu.finite(length_km)),
    perennial boolean, source_place text, mouth_place text, flows_into_id bigint, stream_order smallint CHECK (stream_order BETWEEN 1 AND 20),
    managing_levels smallint[] NOT NULL DEFAULT '{}' CHECK (managing_levels <@ ARRAY[1, 2, 3, 4, 5]::smallint[]), cross_type text,
    CHECK ((code IS NULL) = (code_scheme IS NULL))
);
CREATE TABLE hetu.route_version (
    river_id bigint, measure_origin text NOT NULL CHECK (measure_origin IN ('mouth', 'source', 'custom')),
    calibrated boolean NOT NULL DEFAULT false, calib_points jsonb, flow_dir text NOT NULL CHECK (flow_dir IN ('with', 'against')),
    length_m double precision NOT NULL CHECK (length_m > 0 AND hetu.finite(length_m)), stream_order smallint CHECK (stream_order BETWEEN 1 AND 20),
    geom geometry(LineStringM, 4490) NOT NULL CHECK (hetu.storable(geom, 3))
);
CREATE TABLE hetu.node_version (
    kind text NOT NULL CHECK (kind IN ('source', 'junction', 'outlet', 'boundary', 'flowRegulation')),
    geom geometry(Point, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.edge_version (
    route_id bigint NOT NULL, from_m double precision NOT NULL CHECK (hetu.finite(from_m)), to_m double precision NOT NULL CHECK (hetu.finite(to_m)),
    from_node_id bigint NOT NULL, to_node_id bigint NOT NULL, main boolean NOT NULL DEFAULT true, divergence boolean NOT NULL DEFAULT false,
    CHECK (from_m < to_m), CHECK (from_node_id <> to_node_id)
);
CREATE TABLE hetu.reach_version (
    code_scheme text, code text, name text, river_id bigint NOT NULL, route_id bigint NOT NULL,
    from_m double precision NOT NULL CHECK (hetu.finite(from_m)), to_m double precision NOT NULL CHECK (hetu.finite(to_m)),
    bank_scope text NOT NULL CHECK (bank_scope IN ('both', 'left', 'right')), level smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
    division_id bigint NOT NULL, start_place text, end_place text,
    geom geometry(LineString, 4490) NOT NULL CHECK (hetu.storable(geom, 2)),
    CHECK (from_m < to_m)
);
CREATE TABLE hetu.bank_line_version (
    kind text NOT NULL CHECK (kind IN ('bank', 'levee_toe', 'levee_crest', 'flood')), river_id bigint, bank text NOT NULL CHECK (bank IN ('left', 'right')),
    name text, levee_class smallint CHECK (levee_class BETWEEN 1 AND 5), toe_side text CHECK (toe_side IN ('riverside', 'landside')), stationing text,
    flood_kind text CHECK (flood_kind IN ('design', 'historic')), return_period_a double precision CHECK (return_period_a > 0 AND hetu.finite(return_period_a)),
    datum text, surveyed_on date, geom geometry(LineStringZ, 4490) NOT NULL CHECK (hetu.storable(geom, 3))
);
CREATE TABLE hetu.boundary_version (
    name text, river_id bigint NOT NULL, route_id bigint, bank text NOT NULL CHECK (bank IN ('left', 'right')),
    basis_kind text NOT NULL CHECK (basis_kind IN ('levee_toe', 'revetment', 'natural_bank', 'design_flood', 'historic_flood', 'planned', 'custom')),
    rule_profile text, width_m double precision CHECK (width_m >= 0 AND hetu.finite(width_m)),
    from_m double precision CHECK (hetu.finite(from_m)), to_m double precision CHECK (hetu.finite(to_m)),
    status text NOT NULL CHECK (status IN ('draft', 'checked', 'consulted', 'approved', 'announced', 'superseded', 'withdrawn')),
    legal_doc_id bigint, geom_sha256 text CHECK (geom_sha256 ~ '^[0-9a-f]{64}$'), lead_level smallint CHECK (lead_level BETWEEN 1 AND 5),
    geom geometry(LineString, 4490) NOT NULL CHECK (hetu.storable(geom, 2)),
    CHECK (from_m < to_m)
);
CREATE TABLE hetu.area_version (
    name text, river_id bigint NOT NULL, division_id bigint,
    status text NOT NULL CHECK (status IN ('draft', 'checked', 'consulted', 'approved', 'announced', 'superseded', 'withdrawn')),
    legal_doc_id bigint, area_m2 double precision CHECK (area_m2 > 0 AND hetu.finite(area_m2)),
    geom geometry(MultiPolygon, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.protection_version (
    name text, river_id bigint NOT NULL, division_id bigint, width_m double precision CHECK (width_m > 0 AND hetu.finite(width_m)),
    status text NOT NULL CHECK (status IN ('draft', 'checked', 'consulted', 'approved', 'announced', 'superseded', 'withdrawn')),
    legal_doc_id bigint, geom geometry(MultiPolygon, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.stake_version (
    boundary_id bigint NOT NULL, name text NOT NULL CHECK (name <> ''), kind text NOT NULL CHECK (kind IN ('electronic', 'physical', 'moved', 'sign')),
    tier text CHECK (tier IN ('basic', 'dense')), bank text NOT NULL CHECK (bank IN ('left', 'right')),
    measure_m double precision CHECK (hetu.finite(measure_m)), h_1985 double precision CHECK (hetu.finite(h_1985)),
    division_id bigint, map_sheet text, offset_from_line_m double precision CHECK (offset_from_line_m >= 0 AND hetu.finite(offset_from_line_m)),
    installed_on date, state text, geom geometry(PointZ, 4490) NOT NULL CHECK (hetu.storable(geom, 3))
);
CREATE TABLE hetu.zone_version (
    river_id bigint NOT NULL, type smallint NOT NULL CHECK (type BETWEEN 1 AND 4), regionid text NOT NULL CHECK (regionid ~ '^[LR][0-9]{3}$'),
    side text NOT NULL CHECK (side IN ('left', 'right')), len_km double precision CHECK (len_km > 0 AND hetu.finite(len_km)),
    basis text, restraints text, geom geometry(MultiPolygon, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.person_version (name text NOT NULL CHECK (name <> ''), is_sample boolean NOT NULL DEFAULT false);
CREATE TABLE hetu.post_version (
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 6),
    role text NOT NULL CHECK (role IN ('head_chief', 'deputy_head_chief', 'chief', 'lake_chief', 'reservoir_chief', 'civil_chief', 'militia_chief', 'river_police')),
    dual_role text NOT NULL DEFAULT 'none' CHECK (dual_role IN ('party', 'government', 'none')),
    division_id bigint, river_id bigint, reach_id bigint, title text NOT NULL CHECK (title <> ''), responsible_unit text, phone_public text,
    CHECK (num_nonnulls(division_id, river_id, reach_id) = 1)
);
CREATE TABLE hetu.appointment_version (
    post_id bigint NOT NULL, person_id bigint NOT NULL, position text, acting boolean NOT NULL DEFAULT false, appoint_doc_id bigint, publish_date date, note text
);
CREATE TABLE hetu.board_version (
    code text, level smallint NOT NULL CHECK (level BETWEEN 1 AND 5), reach_ids bigint[] NOT NULL CHECK (cardinality(reach_ids) >= 1),
    bank text CHECK (bank IN ('left', 'right')), division_id bigint, site_text text, installed_on date, content_version integer NOT NULL DEFAULT 1,
    content_snapshot jsonb, content_date date, qr_token text, state text NOT NULL CHECK (state IN ('ok', 'tilted', 'broken', 'deformed', 'faded', 'aged')),
    last_checked date, size_m text, geom geometry(Point, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.section_version (
    code text, name text NOT NULL CHECK (name <> ''), kind text NOT NULL CHECK (kind IN ('national', 'provincial', 'city', 'county', 'inflow', 'outflow', 'control', 'handover', 'river_mouth', 'drinking_source')),
    river_id bigint, route_id bigint, measure_m double precision CHECK (hetu.finite(measure_m)), target_class smallint CHECK (target_class BETWEEN 1 AND 6),
    assess_division_id bigint, geom geometry(Point, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.sample_version (
    section_id bigint NOT NULL, taken_at timestamptz NOT NULL, indicator text NOT NULL CHECK (indicator <> ''), value double precision CHECK (hetu.finite(value)),
    unit text, class smallint CHECK (class BETWEEN 1 AND 6), method text, usable boolean NOT NULL DEFAULT true
);
CREATE TABLE hetu.outfall_version (
    code text, name text NOT NULL CHECK (name <> ''), kind text NOT NULL, approval text NOT NULL CHECK (approval IN ('approved', 'pending', 'none', 'closing')),
    monitored boolean, river_id bigint, route_id bigint, measure_m double precision CHECK (hetu.finite(measure_m)), bank text CHECK (bank IN ('left', 'right')),
    discharge_mode text, permit_code text, division_id bigint, geom geometry(Point, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.problem_version (
    type text NOT NULL, subtype text, source_kind text CHECK (source_kind IN ('patrol', 'public', 'satellite', 'inspection')), spot_no text,
    verdict text, status text NOT NULL CHECK (status IN ('found', 'assigned', 'rectifying', 'applied', 'closed')), found_on date, deadline date,
    in_area boolean, bank_distance_m double precision CHECK (bank_distance_m >= 0 AND hetu.finite(bank_distance_m)), river_id bigint, reach_id bigint, post_id bigint,
    geom geometry(Geometry, 4490) CHECK (geom IS NULL OR hetu.storable(geom, 2))
);
CREATE TABLE hetu.plan_version (
    name text NOT NULL CHECK (name <> ''), river_id bigint, reach_id bigint, edition integer NOT NULL DEFAULT 1 CHECK (edition >= 1), period daterange,
    status text NOT NULL CHECK (status IN ('draft', 'comment', 'revised', 'reviewed', 'approved', 'in_force', 'closed')),
    owner_level smallint CHECK (owner_level BETWEEN 1 AND 6), CHECK (num_nonnulls(river_id, reach_id) = 1)
);
CREATE TABLE hetu.plan_item_version (
    plan_id bigint NOT NULL, list text NOT NULL CHECK (list IN ('problem', 'target', 'task', 'measure', 'responsibility')), text text NOT NULL,
    from_m double precision CHECK (hetu.finite(from_m)), to_m double precision CHECK (hetu.finite(to_m)), owner_unit text,
    chief_level smallint CHECK (chief_level BETWEEN 1 AND 6), period daterange, quantity double precision CHECK (hetu.finite(quantity)), unit text, cost double precision CHECK (hetu.finite(cost)),
    progress_pct double precision CHECK (progress_pct BETWEEN 0 AND 100), geom geometry(Geometry, 4490) CHECK (geom IS NULL OR hetu.storable(geom, 2)),
    CHECK (from_m < to_m)
);
CREATE TABLE hetu.land_version (
    theme text NOT NULL, name text, authority text, surveyed_on date, geom geometry(MultiPolygon, 4490) NOT NULL CHECK (hetu.storable(geom, 2))
);
CREATE TABLE hetu.finding_version (
    boundary_id bigint NOT NULL, run text NOT NULL, rule text NOT NULL, severity text NOT NULL CHECK (severity IN ('blocker', 'warning')), detail text NOT NULL,
    waived_by text, waiver_reason text, geom geometry(Geometry, 4490) CHECK (geom IS NULL OR hetu.storable(geom, 2)),
    CHECK ((waived_by IS NULL) = (waiver_reason IS NULL))
);
CREATE TABLE hetu.change_request_version (
    boundary_id bigint NOT NULL, cause text NOT NULL CHECK (cause IN ('works', 'error', 'law')), reason text NOT NULL, status text NOT NULL,
    geom geometry(LineString, 4490) CHECK (geom IS NULL OR hetu.storable(geom, 2))
);
-- claim: a figure that a source states and that is no row of ours (F10, F42 …). Never averaged, only compared.
CREATE TABLE hetu.claim_version (
    division_id bigint NOT NULL, measure text NOT NULL CHECK (measure <> ''), value double precision NOT NULL CHECK (hetu.finite(value)), unit text, article text NOT NULL, quote text
);

-- keep_history lets one thing happen to a version row: the end of its record time is set, once.
-- +goose StatementBegin
CREATE FUNCTION hetu.keep_history() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
DECLARE
    was record := OLD;
BEGIN
    IF TG_OP = 'UPDATE' AND upper_inf(OLD.recorded) AND lower(NEW.recorded) = lower(OLD.recorded) AND NOT upper_inf(NEW.recorded) THEN
        was.recorded := NEW.recorded;
        IF was IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a version of % is history: it is closed by merge(), never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd

-- What every entity has in common is added here once, so that no entity can lack it.
-- +goose StatementBegin
DO $$
DECLARE
    e text;
    col record;
BEGIN
    FOREACH e IN ARRAY ARRAY['division', 'legal_doc', 'river', 'route', 'node', 'edge', 'reach', 'bank_line', 'boundary', 'area', 'protection', 'stake',
        'zone', 'person', 'post', 'appointment', 'board', 'section', 'sample', 'outfall', 'problem', 'plan', 'plan_item', 'land', 'finding', 'change_request', 'claim']
    LOOP
        EXECUTE format('CREATE TABLE hetu.%I (id bigint PRIMARY KEY DEFAULT nextval(''hetu.feature_id''), key text NOT NULL UNIQUE CHECK (key <> ''''))', e);
        EXECUTE format('CREATE UNLOGGED TABLE staging.%I (batch bigint NOT NULL, n bigint NOT NULL, key text NOT NULL, id bigint NOT NULL, gone boolean NOT NULL DEFAULT false,
            fate "char", valid daterange NOT NULL CHECK (NOT isempty(valid)), source text NOT NULL, LIKE hetu.%I INCLUDING DEFAULTS)', e, e || '_version');
        EXECUTE format('CREATE INDEX ON staging.%I (batch)', e);
        EXECUTE format('ALTER TABLE hetu.%I
            ADD COLUMN row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            ADD COLUMN id bigint NOT NULL REFERENCES hetu.%I (id),
            ADD COLUMN version integer NOT NULL CHECK (version >= 1),
            ADD COLUMN valid daterange NOT NULL CHECK (NOT isempty(valid)),
            ADD COLUMN recorded tstzrange NOT NULL CHECK (NOT isempty(recorded)),
            ADD COLUMN source text NOT NULL,
            ADD CONSTRAINT %I EXCLUDE USING gist (id WITH =, valid WITH &&) WHERE (upper_inf(recorded))',
            e || '_version', e, e || '_one_in_force');
        EXECUTE format('CREATE INDEX ON hetu.%I (id)', e || '_version');
        EXECUTE format('CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON hetu.%I FOR EACH ROW EXECUTE FUNCTION hetu.keep_history()', e || '_version');
        FOR col IN SELECT attname FROM pg_attribute WHERE attrelid = format('hetu.%I', e || '_version')::regclass AND attname = 'geom' LOOP
            EXECUTE format('CREATE INDEX ON hetu.%I USING gist (geom)', e || '_version');
        END LOOP;
    END LOOP;
    -- References: x_id points at the identity of x; the exceptions are named.
    FOR col IN
        SELECT c.relname, a.attname,
            CASE a.attname WHEN 'parent_id' THEN 'division' WHEN 'assess_division_id' THEN 'division' WHEN 'flows_into_id' THEN 'river'
                WHEN 'from_node_id' THEN 'node' WHEN 'to_node_id' THEN 'node' WHEN 'appoint_doc_id' THEN 'legal_doc' ELSE left(a.attname, -3) END AS target
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace s ON s.oid = c.relnamespace
        WHERE s.nspname = 'hetu' AND c.relname LIKE '%\_version' AND c.relkind = 'r' AND a.attnum > 0 AND a.attname LIKE '%\_id' AND a.attname <> 'row_id'
    LOOP
        EXECUTE format('ALTER TABLE hetu.%I ADD FOREIGN KEY (%I) REFERENCES hetu.%I (id)', col.relname, col.attname, col.target);
        EXECUTE format('CREATE INDEX ON hetu.%I (%I)', col.relname, col.attname);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- One post has one holder at a time, regular or acting; a span with neither is a vacancy.
ALTER TABLE hetu.appointment_version ADD CONSTRAINT appointment_one_holder EXCLUDE USING gist (post_id WITH =, valid WITH &&) WHERE (upper_inf(recorded));

-- boards_have_reaches: an array cannot carry a foreign key. Identities are never deleted, so a check on the way in is enough.
-- +goose StatementBegin
CREATE FUNCTION hetu.boards_have_reaches() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(NEW.reach_ids) r WHERE NOT EXISTS (SELECT FROM hetu.reach WHERE id = r)) THEN
        RAISE EXCEPTION 'board % names a reach that is not stored', NEW.id USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'board_version_reach_ids_fkey', TABLE = 'board_version';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER boards_have_reaches BEFORE INSERT ON hetu.board_version FOR EACH ROW EXECUTE FUNCTION hetu.boards_have_reaches();
CREATE INDEX ON hetu.board_version USING gin (reach_ids);
CREATE INDEX ON hetu.river_version (name);

-- The change feed. A reader takes rows below pg_snapshot_xmin(pg_current_snapshot()) in the order (xid, seq): a late commit
-- is never skipped, whatever order the sequence numbers were drawn in. box is west, south, east, north of the old and the new
-- geometry together; a bulk row has no feature and bumps the layer's epoch.
CREATE TABLE hetu.change (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), at timestamptz NOT NULL,
    kind text NOT NULL, op text NOT NULL CHECK (op IN ('put', 'end', 'bulk')), feature_id bigint, version integer, box double precision[], audit_id bigint NOT NULL
);
CREATE INDEX ON hetu.change (xid, seq);

CREATE TABLE hetu.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, actor text NOT NULL CHECK (actor <> ''), what text NOT NULL, counts jsonb NOT NULL
);
CREATE INDEX ON hetu.audit (at);
-- Versions of a store begin at a random number, so that no tile's URL ever means another store's.
SELECT setval('hetu.audit_id_seq', 1 + floor(random() * 1e12)::bigint);

CREATE TABLE staging.batch (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, actor text NOT NULL, what text NOT NULL);
