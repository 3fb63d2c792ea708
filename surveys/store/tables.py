"""Every table, as plain SQLAlchemy declarative classes.

Rules that tests hold:
- a table that grows with responses has a primary key that begins with `province_code` (it then shards
  unchanged on Citus or YugabyteDB), and no sequence;
- `response` keeps no address, no user agent, no time of day, no order of arrival: on SQLite it is
  WITHOUT ROWID, because a rowid would tell who came after whom;
- slips share no column with answers that could join the two: only the coarse design cell is copied.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CODE = 32
"""longest code of a unit, a wave, a stratum"""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UnitRow(Base):
    """A public body for a span of days. Identity = code + valid_from: code 44 changed its meaning."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("code", "valid_from"), Index(None, "parent"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE))
    valid_from: Mapped[date] = mapped_column(Date)
    """date.min: since before our records"""
    valid_to: Mapped[date | None] = mapped_column(Date)
    """last day in force, inclusive; NULL: still in force"""
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(12))
    parent: Mapped[str | None] = mapped_column(String(CODE))
    """code of the parent; which dated row that is depends on the day asked for"""
    decree: Mapped[str | None] = mapped_column(String(200))
    search: Mapped[str] = mapped_column(String(200))
    """name without accents, tones, case: what a search compares"""


class UnitSuccessionRow(Base):
    """Who followed whom at a merger, split or renaming."""

    __tablename__ = "unit_succession"

    old_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    old_valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    new_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    new_valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    part: Mapped[str] = mapped_column(String(8))
    """'whole' or 'part' of the old unit"""
    decree: Mapped[str | None] = mapped_column(String(200))


class QuestionnaireRow(Base):
    """One immutable version of a questionnaire; `content` names it."""

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("content"), Index(None, "name"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    """sha-256 of the whole definition, every language"""
    instrument: Mapped[str] = mapped_column(String(64))
    """sha-256 of structure, scale and the Vietnamese wording: unchanged by a new translation"""
    document: Mapped[str] = mapped_column(Text)
    """the definition as canonical JSON"""
    created: Mapped[date] = mapped_column(Date)


class IndexRow(Base):
    """One immutable version of an index definition."""

    __tablename__ = "index_definition"
    __table_args__ = (UniqueConstraint("content"), Index(None, "name"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    created: Mapped[date] = mapped_column(Date)


class WaveRow(Base):
    """One round of a survey over one province's subtree."""

    __tablename__ = "wave"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE))
    title: Mapped[str] = mapped_column(String(200))
    province_code: Mapped[str] = mapped_column(String(CODE))
    units_day: Mapped[date] = mapped_column(Date)
    """the day whose unit tree this wave keeps"""
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"))
    """the version handed out now; earlier versions in people's hands stay acceptable"""
    index_id: Mapped[int] = mapped_column(ForeignKey("index_definition.id"))
    official: Mapped[str] = mapped_column(String(64))
    """official bases, comma-separated words"""
    target: Mapped[float | None] = mapped_column(Float)
    """a share, 0 to 1"""
    target_operator: Mapped[str | None] = mapped_column(String(2))
    """'>' or '>='"""
    state: Mapped[str] = mapped_column(String(12))
    opens: Mapped[date | None] = mapped_column(Date)
    closes: Mapped[date | None] = mapped_column(Date)
    simulated: Mapped[bool] = mapped_column(default=False)
    created: Mapped[date] = mapped_column(Date)


class PopulationRow(Base):
    """How many dossiers (or people) a unit had in a wave's period: what weights scale up to."""

    __tablename__ = "population"

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    size: Mapped[int] = mapped_column(Integer)


class CellRow(Base):
    """Design cell: the coarse group that an answer belongs to. Weights reach the answer through it; no
    person does."""

    __tablename__ = "cell"
    __table_args__ = (
        Index("uq_cell_place", "province_code", "wave_id", "received_at", "handled_by", "basis", "stratum", "psu",
              unique=True),
    )

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    received_at: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    """the one-stop centre (or commune) that met the citizen"""
    handled_by: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    """the agency that decided"""
    basis: Mapped[int] = mapped_column(SmallInteger)
    stratum: Mapped[str] = mapped_column(String(64))
    """'' : the only stratum of its basis"""
    psu: Mapped[str] = mapped_column(String(64))
    """'' : every answer of this cell is its own PSU"""
    fpc: Mapped[float | None] = mapped_column(Float)
    """PSUs in the stratum in the population"""
    weight: Mapped[float | None] = mapped_column(Float)
    """base weight of its answers that bring none of their own"""
    issued: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """slips given out for it; those no longer in `slip` are spent"""


class ResponseRow(Base):
    """One answer. Nothing here tells who, where from, when within the day, or in which order."""

    __tablename__ = "response"
    __table_args__ = (
        ForeignKeyConstraint(["province_code", "cell"], ["cell.province_code", "cell.id"]),
        CheckConstraint("length(id) = 16", name="id_length"),
        {"sqlite_with_rowid": False},
    )

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    wave_id: Mapped[int] = mapped_column(Integer)
    cell: Mapped[int] = mapped_column(Integer)
    point_id: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    """questionnaire.id under which the answers decode"""
    mode: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[int] = mapped_column(Integer)
    """server day as days since 1970-01-01; never a time of day"""
    duration: Mapped[int] = mapped_column(SmallInteger)
    """0 unknown, 1 under 1 min, 2 under 3, 3 under 10, 4 under 30, 5 longer"""
    flags: Mapped[int] = mapped_column(SmallInteger)
    weight: Mapped[float | None] = mapped_column(Float)
    """given with an imported row; NULL: the cell's, else by population counts, else 1"""
    answers: Mapped[str] = mapped_column(Text)
    """one character per variable of the version's codebook, in its order"""


class CommentRow(Base):
    """Free text. No link to the response, no day: in a small commune either would name the writer."""

    __tablename__ = "comment"
    __table_args__ = ({"sqlite_with_rowid": False},)

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    """drawn here, at random; not the response's id"""
    wave_id: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int] = mapped_column(Integer)
    variable: Mapped[str] = mapped_column(String(CODE))
    text: Mapped[str] = mapped_column(Text)


class PointRow(Base):
    """A place where answers are collected with a shared QR code."""

    __tablename__ = "point"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(16))
    province_code: Mapped[str] = mapped_column(String(CODE))
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    cell: Mapped[int] = mapped_column(Integer)
    """where its answers go: wave, units, basis"""
    label: Mapped[str] = mapped_column(String(120))
    """what staff call it: 'Quầy số 2'"""


class SlipRow(Base):
    """A one-use invitation that can still be used, known by a keyed digest.

    Spending deletes it. A mark in the row would do, but on PostgreSQL a row tells which transaction wrote it
    (`xmin`), and that transaction wrote the answer too.
    """

    __tablename__ = "slip"
    __table_args__ = (
        ForeignKeyConstraint(["province_code", "cell"], ["cell.province_code", "cell.id"]),
        Index(None, "digest"),  # whoever scans a slip does not say its province
        {"sqlite_with_rowid": False},
    )

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    cell: Mapped[int] = mapped_column(Integer)
    expires: Mapped[date] = mapped_column(Date)


class ScoreTableRow(Base):
    """A wave's scores as shown to people: they move once a day, not with every answer."""

    __tablename__ = "score_table"

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    """a fixed-length head (a print of what the table was computed from), then the records as JSON"""


class AccountRow(Base):
    """A member of staff."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    passphrase: Mapped[str] = mapped_column(String(200))
    """Argon2id"""
    role: Mapped[str] = mapped_column(String(24))
    unit_code: Mapped[str | None] = mapped_column(String(CODE))
    """the grant reaches this unit's subtree; NULL: every unit"""
