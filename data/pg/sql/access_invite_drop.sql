-- access_invite_drop: forget invitations. in: @account (those of an account; 0: of none), @by (those that an account made; 0: none).
DELETE FROM hetu.invite WHERE account_id = @account::bigint OR made_by = @by::bigint
