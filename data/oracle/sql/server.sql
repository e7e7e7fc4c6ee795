-- server: what draws. out: the versions of PostgreSQL and PostGIS, shared_buffers.
SELECT split_part(current_setting('server_version'), ' ', 1) AS postgres, postgis_lib_version() AS postgis, current_setting('shared_buffers') AS buffers
