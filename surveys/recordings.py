"""Sound files that read questions aloud: taken in by what they hold, kept once, named by their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from surveys import audit
from surveys.errors import DefinitionRefusal

MAX_BYTES = 512 * 1024
"""a minute of speech as MP3; longer sounds keep nobody listening, and phones pay for each byte"""
MEDIA_TYPES = {"mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "m4a": "audio/mp4"}
_M4A_BRANDS = frozenset({b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"dash"})


@dataclass(frozen=True)
class Recording:
    digest: str
    """sha-256 of the sound, hexadecimal"""
    media_type: str
    size: int
    """bytes"""
    added: date


def media_type(sound: bytes) -> str | None:
    """What kind of sound the bytes are, whatever the file is called; None: none that every phone plays."""
    if sound.startswith(b"OggS"):
        return MEDIA_TYPES["ogg"]
    if sound.startswith(b"RIFF") and sound[8:12] == b"WAVE":
        return MEDIA_TYPES["wav"]
    if sound[4:8] == b"ftyp" and sound[8:12] in _M4A_BRANDS:
        return MEDIA_TYPES["m4a"]
    if sound.startswith(b"ID3") or _mpeg_frame(sound[:4]):
        return MEDIA_TYPES["mp3"]
    return None


def add(session: Session, sound: bytes, file: str, today: date) -> Recording:
    """Keep a sound; the same sound is kept once.

    Raises DefinitionRefusal: recording_empty, recording_too_large (before anything is looked at), recording_unknown.
    """
    from surveys.store import recordings as store

    if not sound:
        raise DefinitionRefusal("recording_empty", file=file[:80])
    if len(sound) > MAX_BYTES:
        raise DefinitionRefusal("recording_too_large", file=file[:80], bytes=len(sound), most=MAX_BYTES)
    kind = media_type(sound)
    if kind is None:
        raise DefinitionRefusal("recording_unknown", file=file[:80], known=", ".join(MEDIA_TYPES))
    name = hashlib.sha256(sound).hexdigest()
    if (there := store.by_digest(session, name)) is not None:
        return there
    added = store.add(session, Recording(name, kind, len(sound), today), sound)
    audit.note(session, "recording.added", f"recording:{name[:16]}", None,
               {"digest": name, "file": file[:80], "bytes": len(sound), "media_type": kind})
    return added


def _mpeg_frame(head: bytes) -> bool:
    """Whether four bytes begin a frame of MPEG audio layer III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3
