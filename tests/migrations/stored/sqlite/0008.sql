ALTER TABLE account ADD COLUMN uniquifier VARCHAR(64)
--
CREATE TABLE _alembic_tmp_account (
	id INTEGER NOT NULL,
	name VARCHAR(64) NOT NULL,
	passphrase VARCHAR(200),
	uniquifier VARCHAR(64) NOT NULL,
	display VARCHAR(120) DEFAULT '' NOT NULL,
	workplace VARCHAR(32),
	state VARCHAR(12) DEFAULT 'active' NOT NULL,
	second_factor TEXT,
	second_factor_last INTEGER,
	recovery TEXT,
	language VARCHAR(2) DEFAULT 'vi' NOT NULL,
	created DATE,
	last_day DATE,
	CONSTRAINT pk_account PRIMARY KEY (id),
	CONSTRAINT uq_account_name UNIQUE (name),
	CONSTRAINT uq_account_uniquifier UNIQUE (uniquifier)
)
--
INSERT INTO _alembic_tmp_account (id, name, passphrase, uniquifier) SELECT account.id, account.name, account.passphrase, account.uniquifier
FROM account
--
DROP TABLE account
--
ALTER TABLE _alembic_tmp_account RENAME TO account
--
CREATE TABLE account_grant (
	id INTEGER NOT NULL,
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
	id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	digest BLOB NOT NULL,
	purpose VARCHAR(12) NOT NULL,
	expires DATE NOT NULL,
	CONSTRAINT pk_invitation PRIMARY KEY (id),
	CONSTRAINT fk_invitation_account_id FOREIGN KEY(account_id) REFERENCES account (id),
	CONSTRAINT uq_invitation_digest UNIQUE (digest)
)
--
CREATE TABLE staff_session (
	digest BLOB NOT NULL,
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
