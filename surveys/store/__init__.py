"""The only place that knows SQLAlchemy tables: one module per aggregate."""
