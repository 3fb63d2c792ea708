"""Whatever is sent to whichever form, by whomever: no failure, nothing unescaped, no header lost.

`./hailong bench fuzz` sends a hundred thousand of the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app import headers
from app.settings import Settings
from bench._fuzz import Ground, Seeded, case_of, quick_and_alone
from bench._ground import busy, demonstration, furnish
from tests.databases import Databases

T = TypeVar("T")
CASES = 5_000
OF_BOTH_ENGINES = 400
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
NUMBERS = st.integers()


class Drawn:
    """Draws by hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self._data.draw(st.integers(0, len(choices) - 1))]

    def number(self, low: int, high: int) -> int:
        return self._data.draw(st.integers(low, high))

    def text(self) -> str:
        return self._data.draw(TEXT)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with demonstration() as app, quick_and_alone(app):
        busy(app)
        found = Ground(app)
        found.explore()
        yield found


@pytest.mark.slow
def test_every_route_that_takes_a_form_is_tried_and_no_page_fails_on_the_way(ground: Ground):
    assert ground.failed == []
    tried = {target.endpoint for target in ground.targets if target.method == "POST"}
    takes = {rule.endpoint for rule in ground.app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert takes - tried == set()
    assert len(tried - {*ground.bare}) >= len(takes) / 2  # with the fields that the pages show


@pytest.mark.slow
@settings(
    max_examples=CASES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
)
@given(data=st.data())
def test_no_form_fails_whatever_is_sent(ground: Ground, data: st.DataObject):
    case = case_of(ground, Drawn(data))
    reply = ground.send(case)
    assert ground.faults(case, reply) == [], str(case)


@pytest.mark.slow
def test_the_trial_would_see_a_fault(ground: Ground):
    """Each kind of fault, planted in a reply, is found."""
    case = case_of(ground, Seeded(1))
    reply = ground.app.response_class
    plain = {**headers.ALWAYS, "Content-Type": "text/html"}

    def faults(text: str = "", status: int = 200, **changed: str) -> list[str]:
        made = reply(text, status, {**plain, **{name.replace("_", "-"): value for name, value in changed.items()}})
        return ground.faults(case, made)  # type: ignore[arg-type]  # a response, as a client's reply is one

    assert faults() == []
    assert faults(status=503) == ["status 503"]
    assert faults("<p>a<zq9 onload=alert(1)></p>") == ["unescaped text"]
    assert faults('<input value="" onzq9="1">') == ["unescaped text"]
    assert faults("&lt;zq9 onload=alert(1)&gt; &#34; onzq9=&#34;1") == []
    assert faults(Location="https://evil.example/", status=303) == ["redirect to 'https://evil.example/'"]
    assert faults(Location="//evil.example/", status=303) == ["redirect to '//evil.example/'"]
    assert faults(X_Frame_Options="ALLOW") == ["header X-Frame-Options"]


@pytest.mark.slow
def test_both_engines_give_the_same_replies(
    pytestconfig: pytest.Config, databases: Databases, make_app: Callable[..., Flask], settings: Settings
):
    if not settings.database_url.startswith("postgresql"):
        pytest.skip("compares PostgreSQL with SQLite")
    full = make_app(demonstration=True)
    with demonstration() as lite, quick_and_alone(lite), quick_and_alone(full):
        furnish(full)
        grounds = []
        for app in (lite, full):
            busy(app)
            grounds.append(Ground(app))
            grounds[-1].explore()
            grounds[-1].back = lambda: None  # type: ignore[method-assign]  # PostgreSQL cannot go back, so neither does
        kinds = [[(target.endpoint, target.method, target.person.role) for target in each.targets] for each in grounds]
        assert kinds[0] == kinds[1]
        draws = [Seeded(7), Seeded(7)]
        differing: list[Any] = []
        for _ in range(OF_BOTH_ENGINES):
            cases = [case_of(*pair) for pair in zip(grounds, draws, strict=True)]
            replies = [each.send(case) for each, case in zip(grounds, cases, strict=True)]
            if replies[0].status_code != replies[1].status_code:
                differing.append((replies[0].status_code, replies[1].status_code, str(cases[1])))
        assert differing == []
