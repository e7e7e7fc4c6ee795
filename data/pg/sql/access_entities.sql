-- access_entities: every entity.
SELECT unnest(hetu.entities())
