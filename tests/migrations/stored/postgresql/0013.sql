ALTER TABLE unit ADD COLUMN revision INTEGER DEFAULT '0' NOT NULL
--
UPDATE alembic_version SET version_num='0013' WHERE alembic_version.version_num = '0012'
