CREATE TABLE wave (
	id SERIAL NOT NULL,
	code VARCHAR(32) NOT NULL,
	title VARCHAR(200) NOT NULL,
	province_code VARCHAR(32) NOT NULL,
	units_day DATE NOT NULL,
	questionnaire_id INTEGER NOT NULL,
	index_id INTEGER NOT NULL,
	official VARCHAR(64) NOT NULL,
	target FLOAT,
	target_operator VARCHAR(2),
	state VARCHAR(12) NOT NULL,
	opens DATE,
	closes DATE,
	simulated BOOLEAN NOT NULL,
	created DATE NOT NULL,
	CONSTRAINT pk_wave PRIMARY KEY (id),
	CONSTRAINT fk_wave_index_id FOREIGN KEY(index_id) REFERENCES index_definition (id),
	CONSTRAINT fk_wave_questionnaire_id FOREIGN KEY(questionnaire_id) REFERENCES questionnaire (id),
	CONSTRAINT uq_wave_code UNIQUE (code)
)
--
CREATE TABLE population (
	province_code VARCHAR(32) NOT NULL,
	wave_id INTEGER NOT NULL,
	unit_id INTEGER NOT NULL,
	size INTEGER NOT NULL,
	CONSTRAINT pk_population PRIMARY KEY (province_code, wave_id, unit_id),
	CONSTRAINT fk_population_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
	CONSTRAINT fk_population_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id)
)
--
CREATE TABLE cell (
	province_code VARCHAR(32) NOT NULL,
	id INTEGER NOT NULL,
	wave_id INTEGER NOT NULL,
	received_at INTEGER NOT NULL,
	handled_by INTEGER NOT NULL,
	basis SMALLINT NOT NULL,
	stratum VARCHAR(64) NOT NULL,
	psu VARCHAR(64) NOT NULL,
	fpc FLOAT,
	weight FLOAT,
	issued INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT pk_cell PRIMARY KEY (province_code, id),
	CONSTRAINT fk_cell_handled_by FOREIGN KEY(handled_by) REFERENCES unit (id),
	CONSTRAINT fk_cell_received_at FOREIGN KEY(received_at) REFERENCES unit (id),
	CONSTRAINT fk_cell_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id)
)
--
CREATE UNIQUE INDEX uq_cell_place ON cell (province_code, wave_id, received_at, handled_by, basis, stratum, psu)
--
UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002'
