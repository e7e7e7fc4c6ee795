-- roster_listen: hear of every merge from now on.
LISTEN hetu_change
