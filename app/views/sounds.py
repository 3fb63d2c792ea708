"""Recordings that read questions aloud. Citizens' pages play them, so they are open to anyone and set no cookie."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from app.auth import public
from app.db import reading
from surveys.store import recordings

bp = Blueprint("sounds", __name__)

DIGEST = re.compile(r"[0-9a-f]{64}")


@bp.get("/recording/<digest>")
@public
def recording(digest: str) -> ResponseReturnValue:
    """A sound by its content: it never changes, so it may be kept for ever."""
    if not DIGEST.fullmatch(digest):
        abort(404)
    with reading() as session:
        found = recordings.sound(session, digest)
    if found is None:
        abort(404)
    media_type, sound = found
    reply = Response(sound, mimetype=media_type)
    reply.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    reply.headers["Content-Disposition"] = "inline"
    reply.set_etag(digest)
    return reply.make_conditional(request, accept_ranges=True, complete_length=len(sound))
