CREATE TABLE score_table (
	province_code VARCHAR(32) NOT NULL,
	wave_id INTEGER NOT NULL,
	day DATE NOT NULL,
	document TEXT NOT NULL,
	CONSTRAINT pk_score_table PRIMARY KEY (province_code, wave_id, day),
	CONSTRAINT fk_score_table_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id)
)
--
UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005'
