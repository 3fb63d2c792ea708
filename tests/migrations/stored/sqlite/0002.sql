CREATE TABLE questionnaire (
	id INTEGER NOT NULL,
	name VARCHAR(64) NOT NULL,
	content VARCHAR(64) NOT NULL,
	instrument VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	created DATE NOT NULL,
	CONSTRAINT pk_questionnaire PRIMARY KEY (id),
	CONSTRAINT uq_questionnaire_content UNIQUE (content)
)
--
CREATE INDEX ix_questionnaire_name ON questionnaire (name)
--
CREATE TABLE index_definition (
	id INTEGER NOT NULL,
	name VARCHAR(64) NOT NULL,
	content VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	created DATE NOT NULL,
	CONSTRAINT pk_index_definition PRIMARY KEY (id),
	CONSTRAINT uq_index_definition_content UNIQUE (content)
)
--
CREATE INDEX ix_index_definition_name ON index_definition (name)
--
UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001'
