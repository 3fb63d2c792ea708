ALTER TABLE account ADD COLUMN uniquifier VARCHAR(64)
--
ALTER TABLE account ADD COLUMN display VARCHAR(120) DEFAULT '' NOT NULL
--
ALTER TABLE account ADD COLUMN workplace VARCHAR(32)
--
ALTER TABLE account ADD COLUMN state VARCHAR(12) DEFAULT 'active' NOT NULL
--
ALTER TABLE account ADD COLUMN second_factor TEXT
--
ALTER TABLE account ADD COLUMN second_factor_last INTEGER
--
ALTER TABLE account ADD COLUMN recovery TEXT
--
ALTER TABLE account ADD COLUMN language VARCHAR(2) DEFAULT 'vi' NOT NULL
--
ALTER TABLE account ADD COLUMN created DATE
--
ALTER TABLE account ADD COLUMN last_day DATE
--
ALTER TABLE account ALTER COLUMN passphrase DROP NOT NULL
--
ALTER TABLE account ALTER COLUMN uniquifier SET NOT NULL
--
ALTER TABLE account ADD CONSTRAINT uq_account_uniquifier UNIQUE (uniquifier)
--
ALTER TABLE account DROP COLUMN role
--
ALTER TABLE account DROP COLUMN unit_code
--
CREATE TABLE account_grant (
	id SERIAL NOT NULL,
	account_id INTEGER NOT NULL,
	role VARCHAR(24) NOT NULL,
	unit_code VARCHAR(32),
	valid_from DATE,
	valid_to DATE,
	CONSTRAINT pk_account_grant PRIMARY KEY (id),
	CONSTRAINT fk_account_grant_account_id FOREIGN KEY(account_id) REFERENCES account (id)
)
--
CREATE INDEX ix_account_grant_account_id ON account_grant (account_id)
--
CREATE TABLE invitation (
	id SERIAL NOT NULL,
	account_id INTEGER NOT NULL,
	digest BYTEA NOT NULL,
	purpose VARCHAR(12) NOT NULL,
	expires DATE NOT NULL,
	CONSTRAINT pk_invitation PRIMARY KEY (id),
	CONSTRAINT fk_invitation_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT uq_invitation_digest UNIQUE (digest)
)
--
CREATE TABLE staff_session (
	digest BYTEA NOT NULL,
	account_id INTEGER NOT NULL,
	started INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	device VARCHAR(60) DEFAULT '' NOT NULL,
	CONSTRAINT pk_staff_session PRIMARY KEY (digest),
	CONSTRAINT fk_staff_session_account_id FOREIGN KEY(account_id) REFERENCES account (id)
)
--
CREATE INDEX ix_staff_session_account_id ON staff_session (account_id)
--
UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007'
