"""How much a view may be sent: 64 KiB and 300 fields, unless it says otherwise by a mark.

`@takes_files(most_bytes)`  a view with an upload; the bytes are those of the whole body
`@takes_long_forms(…)`      a form with many or long fields, such as an editor of questionnaires

A body is refused (413) before the form is parsed, so the mark is read before the CSRF check, which parses it. Only
what is marked grows: a citizen's page never takes more than the default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request

BODY = 64 * 1024
"""largest body without a mark, bytes"""
FIELDS = 300
"""most fields without a mark"""

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Room:
    body: int = BODY
    """bytes of the whole request"""
    text: int = BODY
    """bytes of all fields that are no files"""
    fields: int = FIELDS


def takes_files(most_bytes: int, *, fields: int = FIELDS, text: int = BODY) -> Callable[[View], View]:
    """Below the route: this view accepts files, `most_bytes` together with everything else that is sent."""
    return lambda view: _marked(view, Room(most_bytes + BODY, text, fields))


def takes_long_forms(*, fields: int = FIELDS, text: int = BODY) -> Callable[[View], View]:
    """Below the route: this view's form has up to `fields` fields, `text` bytes long together."""
    return lambda view: _marked(view, Room(max(BODY, 3 * text), text, fields))  # a percent sign triples a byte


def _marked(view: View, room: Room) -> View:
    view.room = room  # type: ignore[attr-defined]  # functions take attributes; room_of reads it
    return view


def room_of(app: Flask, endpoint: str | None) -> Room:
    return getattr(app.view_functions.get(endpoint or ""), "room", Room())


def register(app: Flask) -> None:
    app.config.update(MAX_CONTENT_LENGTH=BODY, MAX_FORM_MEMORY_SIZE=BODY, MAX_FORM_PARTS=FIELDS)

    @app.before_request
    def make_room() -> None:
        room = room_of(current_app, request.endpoint)
        if room != Room():
            request.max_content_length = room.body
            request.max_form_memory_size = room.text
            request.max_form_parts = room.fields
