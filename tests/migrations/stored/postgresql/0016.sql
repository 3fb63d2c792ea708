CREATE TABLE epoch (
	number INTEGER NOT NULL,
	salt VARCHAR(8) NOT NULL,
	day DATE NOT NULL,
	CONSTRAINT pk_epoch PRIMARY KEY (number)
)
--
UPDATE alembic_version SET version_num='0016' WHERE alembic_version.version_num = '0013'
