-- roster_posts_of: posts that some appointments are or were to, and those that some persons or documents are or were named at.
-- in: @appointments, @persons, @documents (ids).
SELECT DISTINCT a.post_id FROM hetu.appointment_version a
WHERE a.id = ANY (@appointments::bigint[]) OR a.person_id = ANY (@persons::bigint[]) OR a.appoint_doc_id = ANY (@documents::bigint[])
