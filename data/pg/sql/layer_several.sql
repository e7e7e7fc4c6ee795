-- layer_several: the features of a table that have more than one version, told by an index alone where it is large:
-- versions are counted from 1. in: @table, without its schema. out: ids.
SELECT DISTINCT v.id FROM board_version v WHERE @table::text = 'board_version' AND v.version > 1
UNION ALL
SELECT DISTINCT v.id FROM boundary_version v WHERE @table::text = 'boundary_version' AND v.version > 1
UNION ALL
SELECT DISTINCT v.id FROM division_version v WHERE @table::text = 'division_version' AND v.version > 1
UNION ALL
SELECT DISTINCT v.id FROM outfall_version v WHERE @table::text = 'outfall_version' AND v.version > 1
UNION ALL
SELECT DISTINCT v.id FROM reach_version v WHERE @table::text = 'reach_version' AND v.version > 1
UNION ALL
SELECT DISTINCT v.id FROM route_version v WHERE @table::text = 'route_version' AND v.version > 1
UNION ALL
SELECT DISTINCT v.id FROM section_version v WHERE @table::text = 'section_version' AND v.version > 1
