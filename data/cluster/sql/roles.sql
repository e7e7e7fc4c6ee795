-- The roles of hetu, none with a password: the socket's peer says who connects.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['hetu_owner', 'hetu_rw', 'hetu_ro', 'hetu_backup'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    END IF;
    -- A search path with a schema that others can write to lets them replace functions.
    EXECUTE format('ALTER ROLE %I SET search_path = hetu, public', wanted);
  END LOOP;
END
$$;
ALTER ROLE hetu_backup REPLICATION;
GRANT pg_read_all_data TO hetu_backup;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
