CREATE TABLE publication (
	province_code VARCHAR(32) NOT NULL,
	wave_id INTEGER NOT NULL,
	edition INTEGER NOT NULL,
	decision VARCHAR(100) NOT NULL,
	decision_day DATE NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	published DATE NOT NULL,
	proposed_by VARCHAR(100) NOT NULL,
	approved_by VARCHAR(100) NOT NULL,
	content VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	CONSTRAINT pk_publication PRIMARY KEY (province_code, wave_id, edition),
	CONSTRAINT fk_publication_wave_id FOREIGN KEY(wave_id) REFERENCES wave (id)
)
--
ALTER TABLE wave ADD COLUMN training BOOLEAN DEFAULT false NOT NULL
--
ALTER TABLE wave ADD COLUMN late_until DATE
--
ALTER TABLE wave ADD COLUMN fixed DATE
--
ALTER TABLE comment ADD COLUMN released TEXT
--
UPDATE alembic_version SET version_num='0012' WHERE alembic_version.version_num = '0011'
