CREATE TABLE draft (
	id INTEGER NOT NULL,
	kind VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL,
	content TEXT NOT NULL,
	author VARCHAR(100) NOT NULL,
	changed DATE NOT NULL,
	revision INTEGER DEFAULT '1' NOT NULL,
	state VARCHAR(12) NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_draft PRIMARY KEY (id)
)
--
CREATE INDEX ix_draft_kind_name ON draft (kind, name)
--
CREATE TABLE adoption (
	id INTEGER NOT NULL,
	what VARCHAR(16) NOT NULL,
	name VARCHAR(64) NOT NULL,
	content VARCHAR(64) NOT NULL,
	adopted DATE NOT NULL,
	CONSTRAINT pk_adoption PRIMARY KEY (id)
)
--
CREATE INDEX ix_adoption_what_name ON adoption (what, name)
--
CREATE TABLE field_list (
	id INTEGER NOT NULL,
	name VARCHAR(64) NOT NULL,
	content VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	created DATE NOT NULL,
	CONSTRAINT pk_field_list PRIMARY KEY (id),
	CONSTRAINT uq_field_list_content UNIQUE (content)
)
--
CREATE INDEX ix_field_list_name ON field_list (name)
--
CREATE TABLE recording (
	digest VARCHAR(64) NOT NULL,
	media_type VARCHAR(40) NOT NULL,
	sound BLOB NOT NULL,
	added DATE NOT NULL,
	CONSTRAINT pk_recording PRIMARY KEY (digest)
)
--
UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0010'
