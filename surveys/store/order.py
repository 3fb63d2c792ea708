"""Forgetting the order of arrival.

SQLite keeps answers by their random id alone. PostgreSQL keeps two things more that SQL can ask for: where a row
lies (`ctid`) and which transaction wrote it (`xmin`). Both rise with time, and an answer and its comment share
the second. Writing the rows of a closed day anew, in one transaction and in the order of their ids, leaves the
day and nothing within it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.store.responses import day_number

# the sort takes in every deleted row before the first is written anew
_RESPONSES = text(
    "WITH gone AS (DELETE FROM response WHERE day = ANY(:days) RETURNING *) "
    "INSERT INTO response SELECT * FROM gone ORDER BY province_code, id"
)
_COMMENTS = text(
    "WITH gone AS (DELETE FROM comment RETURNING *) "
    "INSERT INTO comment SELECT * FROM gone ORDER BY province_code, id"
)
_TELLING = text(
    "SELECT day, count(*) FROM response WHERE day < :today GROUP BY day HAVING count(DISTINCT xmin::text) > 1"
)
_TELLING_COMMENTS = text("SELECT count(DISTINCT xmin::text) > 1 FROM comment")


def forget_order(session: Session, today: date) -> int:
    """Write anew the answers of closed days that still tell their order, and the comments.

    Runs in the caller's write transaction; says how many answers were written anew, 0 on SQLite. Whoever sends
    one of them again meanwhile waits and then gets its acknowledgement.
    """
    if session.get_bind().dialect.name != "postgresql":
        return 0
    telling: dict[int, int] = dict(session.execute(_TELLING, {"today": day_number(today)}).all())
    if telling:
        session.execute(_RESPONSES, {"days": list(telling)})
    if session.scalar(_TELLING_COMMENTS):
        session.execute(_COMMENTS)
    return sum(telling.values())
