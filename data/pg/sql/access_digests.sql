-- access_digests: what each write made and closed of an entity's versions, as a digest. in: @kind.
SELECT at, encode(digest, 'hex') AS digest FROM hetu.digests(@kind::text) ORDER BY at
