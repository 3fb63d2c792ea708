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
    BigInteger,
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
    false,
    text,
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
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """how often the name or the decree was corrected"""


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
    training: Mapped[bool] = mapped_column(default=False, server_default=false())
    """đợt tập huấn: for practice; never official, wiped in one step"""
    late_until: Mapped[date | None] = mapped_column(Date)
    """last day on which paper forms filled in time may still be keyed after collection ended"""
    fixed: Mapped[date | None] = mapped_column(Date)
    """the day the figures were fixed"""


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
    released: Mapped[str | None] = mapped_column(Text)
    """what may be shown, after masking and two persons' consent; NULL: not released"""


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
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("uniquifier"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    display: Mapped[str] = mapped_column(String(120), default="", server_default="")
    """full name, as colleagues know the person"""
    workplace: Mapped[str | None] = mapped_column(String(CODE))
    """code of the unit the person works at: whoever works at a graded unit keys no answer"""
    state: Mapped[str] = mapped_column(String(12), default="active", server_default="active")
    """'invited', 'active', 'disabled'"""
    passphrase: Mapped[str | None] = mapped_column(String(200))
    """Argon2id; NULL until the invitation is taken up"""
    uniquifier: Mapped[str] = mapped_column(String(64))
    """random; a new one ends every session"""
    second_factor: Mapped[str | None] = mapped_column(Text)
    """TOTP secret, encrypted with a key file that the database does not hold"""
    second_factor_last: Mapped[int | None] = mapped_column(Integer)
    """time step of the code used last: none works twice"""
    recovery: Mapped[str | None] = mapped_column(Text)
    """digests of the recovery codes that are left, as JSON"""
    language: Mapped[str] = mapped_column(String(2), default="vi", server_default="vi")
    created: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    """last day on which the account opens; NULL: until it is disabled"""


class GrantRow(Base):
    """A role of an account at a unit, for a span of days. Ended by its last day, never deleted."""

    __tablename__ = "account_grant"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(24))
    unit_code: Mapped[str | None] = mapped_column(String(CODE))
    """reaches this unit's subtree; NULL: every unit"""
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    """last day, inclusive"""


class InvitationRow(Base):
    """A one-time code that lets the holder of an account choose a passphrase. Known by its digest."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    purpose: Mapped[str] = mapped_column(String(12))
    """'invite' (new account), 'reset' (new passphrase), 'factor' (new passphrase and second factor)"""
    expires: Mapped[date] = mapped_column(Date)


class StaffSessionRow(Base):
    """A signed-in browser of a member of staff. Deleting the row signs it out."""

    __tablename__ = "staff_session"
    __table_args__ = (Index(None, "account_id"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """of the random number in the cookie"""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    started: Mapped[int] = mapped_column(Integer)
    """seconds since 1970"""
    seen: Mapped[int] = mapped_column(Integer)
    device: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """'Chrome, Windows': what the person recognises a session by; no address"""


class AuditRow(Base):
    """One entry of the audit trail. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "subject"), Index(None, "actor"), Index(None, "action"), Index(None, "at"))

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    """seconds since 1970, UTC; staff's deeds have a time, citizens' answers have none"""
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    province: Mapped[str | None] = mapped_column(String(CODE))
    """whom it concerns: a province's auditor reads this province's entries and those of none"""
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHeadRow(Base):
    """The last entry of the trail; its only row is also the lock that appending takes."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))


class ProposalRow(Base):
    """Something that one person asked for and another must confirm."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(None, "state"),
        Index("uq_proposal_waiting", "kind", "subject", unique=True, sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    """key of `surveys.approvals.KINDS`"""
    subject: Mapped[str] = mapped_column(String(200))
    unit_code: Mapped[str | None] = mapped_column(String(CODE))
    """where the deciding person must hold the action; NULL: everywhere-grants and provinces alike"""
    document: Mapped[str] = mapped_column(Text)
    """what will be done, as canonical JSON: exactly this is carried out"""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    proposed_by: Mapped[str] = mapped_column(String(100))
    proposed: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    """'waiting', 'approved', 'rejected', 'withdrawn'"""
    decided_by: Mapped[str | None] = mapped_column(String(100))
    decided: Mapped[date | None] = mapped_column(Date)
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    """what the second person wrote"""


class DraftRow(Base):
    """A definition on its way: being written, or waiting for the second person. Versions are elsewhere."""

    __tablename__ = "draft"
    __table_args__ = (Index(None, "kind", "name"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """'questionnaire', 'index', 'targets', 'fields', 'translation', 'recordings'"""
    name: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    """the definition file as it will be checked and stored: TOML"""
    author: Mapped[str] = mapped_column(String(100))
    changed: Mapped[date] = mapped_column(Date)
    revision: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    """rises with every change: two people writing at once do not undo each other"""
    state: Mapped[str] = mapped_column(String(12))
    """'draft', 'proposed', 'approved', 'rejected'"""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """what changed and why, for the second person"""


class AdoptionRow(Base):
    """That a second person approved a version: the last adoption of a name says which version is in force."""

    __tablename__ = "adoption"
    __table_args__ = (Index(None, "what", "name"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    what: Mapped[str] = mapped_column(String(16))
    """'questionnaire', 'index', 'fields'"""
    name: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    """of the version"""
    adopted: Mapped[date] = mapped_column(Date)


class FieldListRow(Base):
    """One immutable version of a list of fields (lĩnh vực) of administrative procedures."""

    __tablename__ = "field_list"
    __table_args__ = (UniqueConstraint("content"), Index(None, "name"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    created: Mapped[date] = mapped_column(Date)


class RecordingRow(Base):
    """A sound file that reads a question aloud, named by its content."""

    __tablename__ = "recording"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """sha-256 of the sound, hexadecimal"""
    media_type: Mapped[str] = mapped_column(String(40))
    sound: Mapped[bytes] = mapped_column(LargeBinary)
    added: Mapped[date] = mapped_column(Date)


class PublicationRow(Base):
    """An edition of a wave's figures as published or corrected: the table people were given, word for word."""

    __tablename__ = "publication"

    province_code: Mapped[str] = mapped_column(String(CODE), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    edition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """1: published; 2 and more: corrections"""
    decision: Mapped[str] = mapped_column(String(100))
    """number of the decision: '2160/QĐ-UBND'"""
    decision_day: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """why it was corrected"""
    published: Mapped[date] = mapped_column(Date)
    proposed_by: Mapped[str] = mapped_column(String(100))
    approved_by: Mapped[str] = mapped_column(String(100))
    content: Mapped[str] = mapped_column(String(64))
    """sha-256 of the records"""
    document: Mapped[str] = mapped_column(Text)
    """the records as JSON"""


class EpochRow(Base):
    """A life of this installation's answers; a restore begins the next. Without a row it is the first."""

    __tablename__ = "epoch"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(8))
    day: Mapped[date] = mapped_column(Date)
    """on which it began"""
