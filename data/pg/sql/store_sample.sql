-- store_sample: whether the store holds invented persons, as the sample and generated networks have. out: one boolean.
SELECT EXISTS (SELECT FROM hetu.person_version WHERE is_sample AND upper_inf(recorded))
