"""Whose answer, and how it came: two fields that are never mixed (basis and mode)."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Basis(IntEnum):
    """Why this person was asked. Only the basis decides whether an answer enters the official figure."""

    SAMPLE = 1
    """drawn"""
    DOSSIERS = 2
    """every closed dossier of the period gets a slip"""
    HOUSEHOLD = 3
    """drawn household"""
    OPEN = 4
    """anyone who met the shared QR code"""

    @property
    def word(self) -> str:
        return self.name.lower()


class Mode(IntEnum):
    """How the answer came."""

    PHONE = 1
    KIOSK = 2
    PAPER = 3
    INTERVIEWER = 4
    TELEPHONE = 5
    POST = 6
    IMPORT = 7

    @property
    def word(self) -> str:
        return self.name.lower()


class Language(IntEnum):
    VI = 0
    EN = 1

    @property
    def word(self) -> str:
        return self.name.lower()


class Flag(IntFlag):
    """Circumstances of one answer that its analysis may need."""

    NONE = 0
    HELPED = 1
    """somebody helped the citizen to answer"""
    BROKEN_LINE = 2
    """kept on the device for a while before it could be sent"""
