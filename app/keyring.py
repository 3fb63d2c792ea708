"""The generations of keys: the newest signs, and those before it are believed for a while.

What citizens hold (an open form, a printed slip, a sealed copy) was made with the keys of its day. A page's token
therefore tells more than that it is ours: which generation made the page, and so which public key the page verifies
its acknowledgement with. Nothing that was in somebody's hand before a rotation has to know of it.

Generation 1 is the files `secret`, `acknowledgement.pem` and `sealing.pem`; each later one is one file, so that it is
there as a whole or not at all. A process looks for a new one before it uses a key, and in any case before it refuses
what may have been made with one: two that disagreed would refuse each other's forms.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path

from app.settings import Settings, SettingsFault, private_file, put_private, read_private
from surveys.errors import Refusal, SubmissionRefusal
from surveys.seals import Opener
from surveys.tokens import Signer, is_made_with, says_expired

NAME = "generation-{}"
_NAME = re.compile(r"generation-([1-9]\d{0,5})", re.ASCII)
RETIRED = "retired"
"""file: the newest generation that is not believed any more"""
BEFORE = "secret-before"
"""file: secret keys that were set from outside before the present one, as a backup keeps them"""
IMPORTS = "imports"
GLANCE = 0.25
"""seconds"""


@dataclass(frozen=True)
class Generation:
    number: int
    """0 for secret keys of before, which were set from outside"""
    secret: bytes
    """what page tokens, slips and notes are keyed with"""
    acknowledging: Callable[[], bytes] = field(repr=False)
    sealing: Callable[[], bytes] = field(repr=False)
    """PEM; those of the first are made at first need, so that a lost one is noticed before"""
    made: date | None = None
    until: date | None = None
    """last day on which it is believed; None for the one that signs, and where nobody set an end"""

    @cached_property
    def signer(self) -> Signer:
        return Signer(self.acknowledging())

    @cached_property
    def opener(self) -> Opener:
        return Opener(self.sealing())


class Keyring:
    """Of one installation; safe between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.keys
        self._mark = str(self._folder / RETIRED)
        self._held: tuple[Generation, ...] = ()
        self._seen: object = None
        self._next = ""
        self._look_again = 0.0

    def all(self) -> tuple[Generation, ...]:
        """The newest first; without those that were retired."""
        if self._seen is None or os.path.exists(self._next) or self._seen != self._retired_mark():
            self._load()
        self._look_again = time.monotonic() + GLANCE
        return self._held

    def current(self) -> Generation:
        return self.all()[0]

    def living(self) -> tuple[Generation, ...]:
        """Those that are believed today; the newest first."""
        return self._believed(self.all())

    def glanced(self) -> tuple[Generation, ...]:
        """The same as of a moment ago, without a call of the system: for whoever asks `living` before refusing."""
        return self._believed(self._held if time.monotonic() < self._look_again else self.all())

    @staticmethod
    def _believed(held: tuple[Generation, ...]) -> tuple[Generation, ...]:
        if len(held) == 1:
            return held
        today = datetime.now(UTC).date()
        return tuple(each for each in held if each.until is None or today <= each.until)

    def _retired_mark(self) -> object:
        try:
            found = os.stat(self._mark)
        except FileNotFoundError:
            return 0
        return found.st_ino, found.st_mtime_ns

    def _load(self) -> None:
        mark = self._retired_mark()
        numbers = stored(self._folder)
        retired = retired_up_to(self._folder)
        if self._settings.secret_key and numbers:
            raise SettingsFault(
                "HAILONG_SECRET_KEY: the keys of this state folder have been rotated there; leave the setting out"
            )
        found = [_first(self._settings), *(_read(self._folder, number) for number in numbers)]
        life = timedelta(days=self._settings.key_life)
        for at, (older, newer) in enumerate(pairwise(found)):
            if newer.made is not None:
                found[at] = replace(older, until=newer.made + life)
        held = [each for each in reversed(found) if each.number > retired]
        if not held:
            raise SettingsFault(f"{self._folder}: the keys up to number {retired} are retired; restore the newer ones")
        if held[-1].number == 1:  # pages of before the first rotation hold its other keys
            held += _of_before(self._settings, held[-1])
        self._next = str(self._folder / NAME.format(max([1, retired, *numbers]) + 1))
        self._held, self._seen = tuple(held), mark


def _first(settings: Settings) -> Generation:
    folder = settings.keys
    secret = settings.secret_key.encode() or private_file(folder / "secret", lambda: secrets.token_hex(32).encode())
    return Generation(
        1, secret, partial(private_file, folder / "acknowledgement.pem", Signer.fresh_pem),
        partial(private_file, folder / "sealing.pem", Opener.fresh_pem),
    )


def _of_before(settings: Settings, first: Generation) -> list[Generation]:
    path = settings.keys / BEFORE
    known = read_private(path).decode().split() if path.exists() else []
    return [
        replace(first, number=0, secret=secret.encode())
        for secret in dict.fromkeys([*settings.secrets_before, *known]) if secret.encode() != first.secret
    ]


def _read(folder: Path, number: int) -> Generation:
    path = folder / NAME.format(number)
    try:
        told = json.loads(read_private(path))
        signing, sealing = told["acknowledgement"].encode(), told["sealing"].encode()
        return Generation(
            number, told["secret"].encode(), lambda: signing, lambda: sealing, date.fromisoformat(told["made"])
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingsFault(f"{path}: no keys of ours; restore the folder from a backup") from None


def stored(folder: Path) -> list[int]:
    """Numbers of the generations after the first that have a file, ascending."""
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))


def retired_up_to(folder: Path) -> int:
    try:
        return int((folder / RETIRED).read_text())
    except FileNotFoundError:
        return 0
    except ValueError:
        raise SettingsFault(f"{folder / RETIRED}: expected a number") from None


_rings: dict[Settings, Keyring] = {}


def of(settings: Settings) -> Keyring:
    found = _rings.get(settings)
    if found is None:
        found = _rings.setdefault(settings, Keyring(settings))
    return found


def forget() -> None:
    """A restore put other files in the place of the keys."""
    _rings.clear()


def of_token(settings: Settings, token: str) -> Generation:
    """The generation that made a page token. Raises SubmissionRefusal("token_forged"), or ("token_expired") for one
    that is too old by its own words: the keys it was made with may be gone."""
    for each in of(settings).living():
        if is_made_with(each.secret, token):
            return each
    raise SubmissionRefusal("token_expired" if says_expired(token, datetime.now(UTC).date()) else "token_forged")


# ---------------------------------------------------------------- changing them

def rotate(settings: Settings, today: date) -> Generation:
    """Make the generation that signs from now on; on disk before anybody can sign with it.

    Raises Refusal: "keys_outside" (the secret key is set from outside), "keys_busy" (somebody else just did).
    """
    if settings.secret_key:
        raise Refusal("keys_outside")
    ring = of(settings)
    number = ring.current().number + 1
    import_key(settings)
    told = {
        "made": today.isoformat(), "secret": secrets.token_hex(32),
        "acknowledgement": Signer.fresh_pem().decode(), "sealing": Opener.fresh_pem().decode(),
    }
    if not put_private(settings.keys / NAME.format(number), json.dumps(told).encode()):
        raise Refusal("keys_busy")
    return ring.current()


def retire(settings: Settings, number: int, *, early: bool) -> list[int]:
    """Believe no generation up to `number` any more; returns which those were.

    Raises Refusal: "keys_unknown" (no such generation, or it is the one that signs), "keys_living" (something made with
    it may still be in a hand, and not `early`).
    """
    if settings.secret_key:
        raise Refusal("keys_outside")
    held = of(settings).all()
    gone = [each for each in held if each.number <= number]
    if number < 1 or not any(each.number == number for each in gone) or held[0] in gone:
        raise Refusal("keys_unknown", number=number)
    today = datetime.now(UTC).date()
    if not early and (living := [each for each in gone if each.until is None or today <= each.until]):
        raise Refusal("keys_living", number=living[0].number, until=living[0].until or "…")
    put_private(settings.keys / RETIRED, str(number).encode(), replace=True)
    for each in gone:  # the files of the first are what earlier programs look for; nobody believes them
        if each.number > 1:
            (settings.keys / NAME.format(each.number)).unlink(missing_ok=True)
    return [each.number for each in gone]


def import_key(settings: Settings) -> bytes:
    """What ids of imported rows are keyed with. It is no generation's: a file must not come in again after a rotation,
    and the rows of before have the ids of the secret key that was there when it was first needed."""
    return private_file(settings.keys / IMPORTS, lambda: of(settings).all()[-1].secret)
