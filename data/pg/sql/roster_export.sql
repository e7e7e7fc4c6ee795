-- roster_export: make this transaction's snapshot one that others can take, while it runs. out: its name.
SELECT pg_export_snapshot()
