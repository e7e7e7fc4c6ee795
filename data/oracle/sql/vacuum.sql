-- vacuum: marks every page as visible to all and gives the planner its figures. No parameters.
VACUUM ANALYZE hetu_oracle.board, hetu_oracle.boundary, hetu_oracle.division, hetu_oracle.draft,
    hetu_oracle.outfall, hetu_oracle.reach, hetu_oracle.river, hetu_oracle.section
