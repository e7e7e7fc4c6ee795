-- access_audit: add a row to the chain of logins, grants and refusals. in: @at, @account, @actor, @key, @ip, @request, @action, @object,
-- @result, @detail.
SELECT hetu.audit_access(@at::timestamptz, @account::bigint, @actor::text, @key::text, @ip::text, @request::text, @action::text, @object::text, @result::text, @detail::text)
