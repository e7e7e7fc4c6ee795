-- layer_several: the features of a table that have more than one version, told by an index alone. in: @table, without its schema. out: ids.
SELECT v.id FROM board_version v WHERE @table::text = 'board_version' GROUP BY v.id HAVING count(*) > 1
UNION ALL
SELECT v.id FROM boundary_version v WHERE @table::text = 'boundary_version' GROUP BY v.id HAVING count(*) > 1
UNION ALL
SELECT v.id FROM division_version v WHERE @table::text = 'division_version' GROUP BY v.id HAVING count(*) > 1
UNION ALL
SELECT v.id FROM outfall_version v WHERE @table::text = 'outfall_version' GROUP BY v.id HAVING count(*) > 1
UNION ALL
SELECT v.id FROM reach_version v WHERE @table::text = 'reach_version' GROUP BY v.id HAVING count(*) > 1
UNION ALL
SELECT v.id FROM route_version v WHERE @table::text = 'route_version' GROUP BY v.id HAVING count(*) > 1
UNION ALL
SELECT v.id FROM section_version v WHERE @table::text = 'section_version' GROUP BY v.id HAVING count(*) > 1
