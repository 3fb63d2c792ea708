"""What is sent to PostgreSQL as the text of an array arrives as it was."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.store import intake

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    "bytea": st.binary(max_size=40),
    "integer": st.integers(-2**31, 2**31 - 1),
    "float": st.floats(allow_nan=False),
    "date": st.dates(date(1, 1, 1)),
}


def test_any_array_arrives_as_it_was(session: Session):
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite takes one answer at a time")

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def compare(data: st.DataObject) -> None:
        for kind, values in KINDS.items():
            sent = data.draw(st.lists(st.none() | values, max_size=5))
            found = session.execute(text(f"SELECT CAST(:sent AS {kind}[])"), {"sent": intake._array(sent)}).scalar_one()
            assert found == sent

    compare()
