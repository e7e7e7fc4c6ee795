-- table_rows: about how many rows a table of versions has, as the planner last heard. in: @table, without its schema. out: the
-- number, 0 if it is not known.
SELECT coalesce((SELECT greatest(c.reltuples, 0)::bigint FROM pg_class c WHERE c.oid = to_regclass('hetu.' || @table::text)), 0)
