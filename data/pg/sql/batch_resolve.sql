-- batch_resolve: ids of natural keys, drawn where none is stored. in: @kind, @keys. out: key, id, whether it is stored.
SELECT key, id, stored FROM hetu.resolve(@kind::text, @keys::text[])
