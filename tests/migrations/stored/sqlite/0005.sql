CREATE TABLE response (
	province_code VARCHAR(32) NOT NULL,
	id BLOB NOT NULL,
	wave_id INTEGER NOT NULL,
	cell INTEGER NOT NULL,
	point_id INTEGER,
	version INTEGER NOT NULL,
	mode SMALLINT NOT NULL,
	language SMALLINT NOT NULL,
	day INTEGER NOT NULL,
	duration SMALLINT NOT NULL,
	flags SMALLINT NOT NULL,
	weight FLOAT,
	answers TEXT NOT NULL,
	CONSTRAINT pk_response PRIMARY KEY (province_code, id),
	CONSTRAINT ck_response_ck_response_id_length CHECK (length(id) = 16),
	CONSTRAINT fk_response_province_code_cell FOREIGN KEY(province_code, cell) REFERENCES cell (province_code, id)
)
 WITHOUT ROWID
--
CREATE TABLE comment (
	province_code VARCHAR(32) NOT NULL,
	id BLOB NOT NULL,
	wave_id INTEGER NOT NULL,
	unit_id INTEGER NOT NULL,
	variable VARCHAR(32) NOT NULL,
	text TEXT NOT NULL,
	CONSTRAINT pk_comment PRIMARY KEY (province_code, id)
)
 WITHOUT ROWID
--
UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004'
