CREATE DATABASE hetu OWNER hetu_owner TEMPLATE template0;
