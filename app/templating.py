"""What every template may use: the address of a static file, Vietnamese figures, the fixed words.

One Jinja environment serves the citizens' documents and the component page without Flask; `register` gives
Flask's own environment the same names for the staff pages.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import jinja2
from flask import Flask
from markupsafe import Markup

from app.numerals import count, decimal, level, percent
from app.wording import words
from surveys.units import name_within

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"


@cache
def _print_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """Address of a static file; it changes with the content, so a browser may keep it for ever."""
    return f"/static/{name}?v={_print_of(STATIC / name)}"


SPOKEN_BY_SCRIPT = (
    "error", "product", "review_hint", "review_count", "not_answered", "change", "problems_title",
    "problems_here", "nothing_lost",
    "please_answer", "please_answer_or_skip", "room_left", "sending", "sent", "sent_more", "kept",
    "kept_more", "kept_in_page", "kept_still", "send_now", "earlier_kept", "earlier_sent", "earlier_refused",
    "remove", "refused_title",
)
"""the sentences that the citizens' scripts say"""


def script_words(language: str = "vi") -> dict[str, str]:
    return {key: words(language)[key] for key in SPOKEN_BY_SCRIPT}


def json_in_page(value: object) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  # '<' is gone, and a data block is not HTML


def furnish(environment: jinja2.Environment) -> jinja2.Environment:
    """Give an environment the names that the templates of this folder rely on."""
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.globals.update(asset=asset, words=words, script_words=script_words)
    environment.filters.update(
        json_in_page=json_in_page, percent=percent, level=level, decimal=decimal, count_of=count,
        name_within=name_within,
    )
    return environment


def new_environment(*more: Path) -> jinja2.Environment:
    """An environment without Flask over the templates here and in `more`; they see only what they are given."""
    loader = jinja2.FileSystemLoader([HERE / "templates", *more])
    return furnish(jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined))


@cache
def environment() -> jinja2.Environment:
    return new_environment()


def register(app: Flask) -> None:
    furnish(app.jinja_env)
