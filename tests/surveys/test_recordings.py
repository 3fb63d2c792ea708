"""Sounds are taken in by what they hold, kept once, and refused with a reason."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys import recordings
from surveys.errors import DefinitionRefusal
from surveys.store import recordings as store
from surveys.store.tables import AuditRow

TODAY = date(2026, 8, 1)
SOUNDS = {
    "audio/mpeg": (b"ID3\x04\x00" + bytes(40), b"\xff\xfb\x90\x64" + bytes(40), b"\xff\xf3\x84\xc4" + bytes(40)),
    "audio/ogg": (b"OggS\x00\x02" + bytes(40),),
    "audio/wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40),),
    "audio/mp4": (b"\x00\x00\x00\x20ftypM4A " + bytes(40), b"\x00\x00\x00\x1cftypisom" + bytes(40)),
}
NO_SOUNDS = (
    b"<svg xmlns='x'><script>alert(1)</script></svg>", b"\x89PNG\r\n\x1a\n", b"RIFF\x24\x00\x00\x00AVI LIST",
    b"\xff\xd8\xff\xe0 JFIF", b"\x00\x00\x00\x20ftypqt  ", b"MZ\x90\x00", b"\xff\xff\xff\xff", b"\xff\xfb", b"I",
)


@pytest.mark.parametrize("kind", sorted(SOUNDS))
def test_a_sound_is_known_by_its_content(session: Session, kind: str) -> None:
    for sound in SOUNDS[kind]:
        added = recordings.add(session, sound, "câu 1.xyz", TODAY)
        assert (added.media_type, added.digest) == (kind, hashlib.sha256(sound).hexdigest())
        assert store.sound(session, added.digest) == (kind, sound)
        assert store.by_digest(session, added.digest) == added


@pytest.mark.parametrize("content", NO_SOUNDS, ids=repr)
def test_what_is_no_sound_is_refused_whatever_it_is_called(session: Session, content: bytes) -> None:
    with pytest.raises(DefinitionRefusal) as caught:
        recordings.add(session, content, "cau1.mp3", TODAY)
    assert caught.value.code == "recording_unknown"
    assert store.all_of(session) == ()


def test_an_empty_or_too_large_sound_is_refused(session: Session) -> None:
    for content, code in ((b"", "recording_empty"), (b"ID3" + bytes(recordings.MAX_BYTES), "recording_too_large")):
        with pytest.raises(DefinitionRefusal) as caught:
            recordings.add(session, content, "cau1.mp3", TODAY)
        assert caught.value.code == code
    assert recordings.add(session, b"ID3" + bytes(recordings.MAX_BYTES - 3), "cau1.mp3", TODAY).size == 512 * 1024


def test_the_same_sound_is_kept_and_noted_once(session: Session) -> None:
    sound = SOUNDS["audio/ogg"][0]
    first = recordings.add(session, sound, "a.ogg", TODAY)
    assert recordings.add(session, sound, "b.ogg", date(2027, 1, 1)) == first
    assert store.all_of(session) == (first,)
    assert list(session.scalars(select(AuditRow.action))) == ["recording.added"]
    assert store.known(session, [first.digest, "0" * 64]) == {first.digest}
    assert store.sound(session, "0" * 64) is None
