"""wsgi.py with a bug: staff are never asked to wait, and nothing keeps their files from taking every thread."""

from __future__ import annotations

from app import load

load.spare = lambda: None
load.enter = lambda endpoint, who: None

from wsgi import app  # noqa: E402

__all__ = ["app"]
