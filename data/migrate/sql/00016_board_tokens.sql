-- +goose Up
-- A board's page is asked for by what is printed on the board: its number, or what its QR code holds.
SET LOCAL lock_timeout = '10s';
CREATE INDEX board_version_by_code ON hetu.board_version (code) WHERE upper_inf(recorded);
CREATE INDEX board_version_by_qr ON hetu.board_version (qr_token) WHERE upper_inf(recorded) AND qr_token IS NOT NULL;
