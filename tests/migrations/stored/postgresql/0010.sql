CREATE TABLE proposal (
	id SERIAL NOT NULL,
	kind VARCHAR(32) NOT NULL,
	subject VARCHAR(200) NOT NULL,
	unit_code VARCHAR(32),
	document TEXT NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	proposed_by VARCHAR(100) NOT NULL,
	proposed DATE NOT NULL,
	state VARCHAR(12) NOT NULL,
	decided_by VARCHAR(100),
	decided DATE,
	answer TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_proposal PRIMARY KEY (id)
)
--
CREATE INDEX ix_proposal_state ON proposal (state)
--
CREATE UNIQUE INDEX uq_proposal_waiting ON proposal (kind, subject) WHERE state = 'waiting'
--
UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009'
