-- +goose Up
-- What is known of a stake and of a shoreline zone beyond their first columns: numbers that are never given again, what was found in
-- the field, and the figures that zone tables print.
SET LOCAL lock_timeout = '10s';

-- +goose StatementBegin
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['hetu.stake_version', 'staging.stake'] LOOP
        -- number: within its river and bank (of signs within the river); why: end, border, basis_change, turn, km, fill or hand.
        -- checked_on, photo_sha256: of the last visit; the photo is a file of that name.
        EXECUTE format('ALTER TABLE %s ADD COLUMN number integer, ADD COLUMN place text, ADD COLUMN why text, ADD COLUMN checked_on date, ADD COLUMN photo_sha256 text', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['hetu.zone_version', 'staging.zone'] LOOP
        -- from_m, to_m: of the route; the start and the end are those of its outer line, upstream first.
        EXECUTE format('ALTER TABLE %s ADD COLUMN route_id bigint, ADD COLUMN from_m double precision, ADD COLUMN to_m double precision, ADD COLUMN area_m2 double precision,
            ADD COLUMN start_lon double precision, ADD COLUMN start_lat double precision, ADD COLUMN end_lon double precision, ADD COLUMN end_lat double precision', t);
    END LOOP;
END
$$;
-- +goose StatementEnd

ALTER TABLE hetu.stake_version
    ADD CONSTRAINT stake_version_number_check CHECK (number > 0),
    ADD CONSTRAINT stake_version_why_check CHECK (why IN ('end', 'border', 'basis_change', 'turn', 'km', 'fill', 'hand')),
    ADD CONSTRAINT stake_version_photo_check CHECK (photo_sha256 ~ '^[0-9a-f]{64}$');
ALTER TABLE hetu.zone_version
    ADD CONSTRAINT zone_version_range_check CHECK (from_m < to_m AND hetu.finite(from_m) AND hetu.finite(to_m)),
    ADD CONSTRAINT zone_version_area_check CHECK (area_m2 > 0 AND hetu.finite(area_m2)),
    ADD CONSTRAINT zone_version_ends_check CHECK (hetu.finite(start_lon + start_lat + end_lon + end_lat)),
    ADD FOREIGN KEY (route_id) REFERENCES hetu.route (id);
CREATE INDEX ON hetu.zone_version (route_id);

-- What stages may fill in the new columns too.
GRANT INSERT (number, place, why, checked_on, photo_sha256) ON staging.stake TO hetu_rw;
GRANT INSERT (route_id, from_m, to_m, area_m2, start_lon, start_lat, end_lon, end_lat) ON staging.zone TO hetu_rw;

SELECT hetu.write_merge('stake'), hetu.write_merge('zone');
