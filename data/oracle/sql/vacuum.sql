-- vacuum: marks every page of the database as visible to all and gives the planner its figures, so that nothing does it while
-- something is measured. No parameters.
VACUUM ANALYZE
