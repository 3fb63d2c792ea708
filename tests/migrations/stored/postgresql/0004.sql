CREATE TABLE point (
	id SERIAL NOT NULL,
	code VARCHAR(16) NOT NULL,
	province_code VARCHAR(32) NOT NULL,
	wave_id INTEGER NOT NULL,
	unit_id INTEGER NOT NULL,
	cell INTEGER NOT NULL,
	label VARCHAR(120) NOT NULL,
	CONSTRAINT pk_point PRIMARY KEY (id),
	CONSTRAINT fk_point_unit_id FOREIGN KEY(unit_id) REFERENCES unit (id),
	CONSTRAINT fk_point_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id),
	CONSTRAINT uq_point_code UNIQUE (code)
)
--
CREATE TABLE slip (
	province_code VARCHAR(32) NOT NULL,
	digest BYTEA NOT NULL,
	wave_id INTEGER NOT NULL,
	cell INTEGER NOT NULL,
	expires DATE NOT NULL,
	CONSTRAINT pk_slip PRIMARY KEY (province_code, digest),
	CONSTRAINT fk_slip_province_code_cell FOREIGN KEY(province_code, cell) REFERENCES cell (province_code, id),
	CONSTRAINT fk_slip_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id)
)
--
CREATE INDEX ix_slip_digest ON slip (digest)
--
UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003'
