-- +goose Up
-- Stakes are set when the lines are announced: a project that is announced goes a revision further, in which nothing else of it changes.
SET LOCAL lock_timeout = '10s';

-- project_moves is that of 00008; it lets an announced project have further revisions of its stakes.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION hetu.project_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = hetu, public, pg_temp AS $$
DECLARE
    was hetu.project_version;
    bookkeeping text[] := ARRAY['row_id', 'version', 'revision', 'recorded', 'source'];
BEGIN
    SELECT * INTO was FROM hetu.project_version WHERE id = NEW.id ORDER BY version DESC LIMIT 1;
    IF NOT FOUND THEN
        IF NEW.status <> 'draft' OR NEW.revision <> 1 THEN
            RAISE EXCEPTION 'a project begins as a draft, in revision 1' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_begins';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.revision <> was.revision + 1 OR NEW.valid <> was.valid THEN
        RAISE EXCEPTION 'revision % of a project does not follow revision %', NEW.revision, was.revision USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_without_gap';
    END IF;
    IF NOT NEW.drafted_by @> was.drafted_by THEN
        RAISE EXCEPTION 'who drafted a project stays its drafter' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'drafters_stay';
    END IF;
    IF NEW.status <> was.status AND NOT EXISTS (SELECT FROM hetu.project_move WHERE from_status = was.status AND to_status = NEW.status) THEN
        RAISE EXCEPTION 'a project does not become % when it is %', NEW.status, was.status USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_moves';
    END IF;
    IF NEW.status = was.status AND was.status <> 'draft'
        AND NOT (was.status = 'announced' AND to_jsonb(NEW) - bookkeeping = to_jsonb(was) - bookkeeping) THEN
        RAISE EXCEPTION 'a project that is % does not change' , was.status USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'project_moves';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
