-- access_invite_rise: forget the invitations of an account that were made by somebody who is no administrator of a division in which the account
-- is granted a role. in: @account, @division (NULL: the whole installation).
DELETE FROM hetu.invite WHERE account_id = @account::bigint AND made_by IS NOT NULL AND NOT hetu.may(made_by, NULL, '{admin}', @division::bigint)
