CREATE TABLE account (
	id SERIAL NOT NULL,
	name VARCHAR(64) NOT NULL,
	passphrase VARCHAR(200) NOT NULL,
	role VARCHAR(24) NOT NULL,
	unit_code VARCHAR(32),
	CONSTRAINT pk_account PRIMARY KEY (id),
	CONSTRAINT uq_account_name UNIQUE (name)
)
--
UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006'
