CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
--
CREATE TABLE unit (
	id SERIAL NOT NULL,
	code VARCHAR(32) NOT NULL,
	valid_from DATE NOT NULL,
	valid_to DATE,
	name VARCHAR(200) NOT NULL,
	kind VARCHAR(12) NOT NULL,
	parent VARCHAR(32),
	decree VARCHAR(200),
	search VARCHAR(200) NOT NULL,
	CONSTRAINT pk_unit PRIMARY KEY (id),
	CONSTRAINT uq_unit_code_valid_from UNIQUE (code, valid_from)
)
--
CREATE INDEX ix_unit_parent ON unit (parent)
--
CREATE TABLE unit_succession (
	old_code VARCHAR(32) NOT NULL,
	old_valid_from DATE NOT NULL,
	new_code VARCHAR(32) NOT NULL,
	new_valid_from DATE NOT NULL,
	part VARCHAR(8) NOT NULL,
	decree VARCHAR(200),
	CONSTRAINT pk_unit_succession PRIMARY KEY (old_code, old_valid_from, new_code, new_valid_from)
)
--
INSERT INTO alembic_version (version_num) VALUES ('0001') RETURNING alembic_version.version_num
