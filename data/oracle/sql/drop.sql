-- drop: takes the scratch schema away. No parameters.
DROP SCHEMA IF EXISTS hetu_oracle CASCADE
