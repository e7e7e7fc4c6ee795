-- access_failure_clear: forget the failed logins of a name from an address. in: @name, @ip.
DELETE FROM hetu.login_failure WHERE name = @name::text AND ip = @ip::text
