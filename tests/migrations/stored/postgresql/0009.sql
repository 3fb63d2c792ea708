CREATE TABLE audit (
	seq INTEGER NOT NULL,
	at BIGINT NOT NULL,
	actor VARCHAR(100) NOT NULL,
	action VARCHAR(60) NOT NULL,
	subject VARCHAR(200) NOT NULL,
	province VARCHAR(32),
	before TEXT,
	after TEXT,
	previous BYTEA NOT NULL,
	digest BYTEA NOT NULL,
	CONSTRAINT pk_audit PRIMARY KEY (seq)
)
--
CREATE INDEX ix_audit_actor ON audit (actor)
--
CREATE INDEX ix_audit_subject ON audit (subject)
--
CREATE INDEX ix_audit_action ON audit (action)
--
CREATE INDEX ix_audit_at ON audit (at)
--
CREATE TABLE audit_head (
	id INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	digest BYTEA NOT NULL,
	seal BYTEA NOT NULL,
	CONSTRAINT pk_audit_head PRIMARY KEY (id)
)
--
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$
--
CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()
--
UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008'
