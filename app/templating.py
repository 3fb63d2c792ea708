"""What every template may use: the address of a static file, Vietnamese figures, the fixed words.

One Jinja environment serves the citizens' documents and the component page without Flask; `register` gives
Flask's own environment the same names for the staff pages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path

import jinja2
from flask import Flask
from markupsafe import Markup, escape

from app.kept import Kept
from app.numerals import count, day, decimal, level, percent
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


FRAGMENTS: Kept[Markup] = Kept(512)
"""rendered parts of pages; a part of a province's results takes some 80 KB"""


def fragments(*key: Hashable) -> Callable[..., Markup]:
    """What a template calls `kept`: `{% call kept("items") %}…{% endcall %}` renders that part once for this key.

    The key holds all that the part depends on (see `app.kept`), the language among it.
    """
    def kept(name: str, *, caller: Callable[[], Markup]) -> Markup:
        return FRAGMENTS.of((name, *key), caller)

    return kept


def as_it_is(name: str, *, caller: Callable[[], Markup]) -> Markup:
    """`kept` of a page that is shown once: a search."""
    return caller()


def place(value: float, low: float, high: float) -> str:
    """Where a value stands on an axis: '23.48%'; positions are shares of the width, so that a picture fits any."""
    return f"{(min(max(value, low), high) - low) / (high - low) * 96 + 2:.2f}%"


def dot_row(
    estimate: float | None, ci_low: float | None, ci_high: float | None, low: float, high: float,
    target: float | None = None, verdict: str | None = None, whole: tuple[float, float] | None = None,
) -> Markup:
    """A dot with its interval on the axis from low to high, drawn here because a page has a hundred of them.

    whole: the interval of the whole that the row belongs to, a band behind the dot. The verdict decides the dot's
    shape as well as its colour: filled disc met, hollow disc not enough evidence, square not met.
    """
    parts = [f'<svg class="plot plot--{escape(verdict or "none")}" height="30" width="100%" aria-hidden="true"'
             ' focusable="false">']
    if whole:
        width = (whole[1] - whole[0]) / (high - low) * 96
        parts.append(f'<rect class="plot__whole" x="{place(whole[0], low, high)}" width="{width:.2f}%" y="0"'
                     ' height="30"/>')
    parts.append('<line class="plot__base" x1="2%" x2="98%" y1="15" y2="15"/>')
    if target is not None:
        at = place(target, low, high)
        parts.append(f'<line class="plot__target" x1="{at}" x2="{at}" y1="0" y2="30"/>')
    if estimate is not None:
        if ci_low is not None and ci_high is not None:
            parts.append(f'<line class="plot__interval" x1="{place(ci_low, low, high)}"'
                         f' x2="{place(ci_high, low, high)}" y1="15" y2="15"/>')
        at = place(estimate, low, high)
        if verdict == "not_met":
            parts.append(f'<svg x="{at}" y="15" overflow="visible"><rect class="plot__dot" x="-6" y="-6" width="12"'
                         ' height="12"/></svg>')
        else:
            parts.append(f'<circle class="plot__dot" cx="{at}" cy="15" r="6.5"/>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  # numbers of ours and one escaped word


def furnish(environment: jinja2.Environment) -> jinja2.Environment:
    """Give an environment the names that the templates of this folder rely on."""
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.globals.update(
        asset=asset, words=words, script_words=script_words, place_on_axis=place, draw_dot_row=dot_row
    )
    environment.filters.update(
        json_in_page=json_in_page, percent=percent, level=level, decimal=decimal, count_of=count, day=day,
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
