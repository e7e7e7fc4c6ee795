-- setting_extent: the installation's bounds. out: west, south, east, north in degrees.
SELECT (value->>0)::float8, (value->>1)::float8, (value->>2)::float8, (value->>3)::float8 FROM hetu.setting WHERE key = 'extent'
