CREATE TABLE audit (
	seq INTEGER NOT NULL,
	at BIGINT NOT NULL,
	actor VARCHAR(100) NOT NULL,
	action VARCHAR(60) NOT NULL,
	subject VARCHAR(200) NOT NULL,
	province VARCHAR(32),
	"before" TEXT,
	"after" TEXT,
	previous BLOB NOT NULL,
	digest BLOB NOT NULL,
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
	digest BLOB NOT NULL,
	seal BLOB NOT NULL,
	CONSTRAINT pk_audit_head PRIMARY KEY (id)
)
--
CREATE TRIGGER audit_kept_as_written BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--
UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008'
