-- roster_appointments: the present record of appointments to posts. The person's name is that of the appointment's time, else
-- the latest known, as in duty_posts; most persons have one name and are joined at once. in: @ids of posts; without the lines
-- marked "of ids", all.
WITH one AS (
    SELECT p.id, min(p.name) AS name FROM hetu.person_version p
    WHERE upper_inf(p.recorded)
        AND p.id = ANY (ARRAY(SELECT a.person_id FROM hetu.appointment_version a WHERE a.post_id = ANY (@ids::bigint[]))) -- of ids
    GROUP BY p.id HAVING count(*) = 1
)
SELECT a.post_id, a.person_id, lower(a.valid) AS valid_from, upper(a.valid) AS valid_to, a.acting,
    coalesce(one.name, (
        SELECT p.name FROM hetu.person_version p WHERE p.id = a.person_id
        ORDER BY upper_inf(p.recorded) DESC, p.valid && a.valid DESC, lower(p.valid) DESC NULLS LAST, p.row_id DESC LIMIT 1)) AS person,
    a.position, a.note, d.document, a.publish_date
FROM hetu.appointment_version a
LEFT JOIN one ON one.id = a.person_id
LEFT JOIN LATERAL (
    SELECT coalesce(l.number, l.title) AS document FROM hetu.legal_doc_version l WHERE l.id = a.appoint_doc_id AND upper_inf(l.recorded) ORDER BY l.row_id DESC LIMIT 1
) d ON true
WHERE upper_inf(a.recorded)
    AND a.post_id = ANY (@ids::bigint[]) -- of ids
