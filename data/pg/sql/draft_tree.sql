-- draft_tree: divisions and all below them. in: @divisions.
SELECT hetu.division_tree(@divisions::bigint[])
