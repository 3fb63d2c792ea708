"""The demonstration's doors: one click signs in, on the very machine that shows the demonstration.

Everything here is shut unless the flag is set, the server listens on loopback only and says so in its
address, no proxy stands in front, and the request itself came over loopback to a loopback name. The name
matters: a page elsewhere may point its own host name at 127.0.0.1 (DNS rebinding), and the browser would then
send its requests here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request
from sqlalchemy.orm import Session

from app.settings import Settings
from surveys import collection
from surveys.access import Grant, Grants, Role
from surveys.store import units
from surveys.store import waves as wave_store
from surveys.units import Unit, UnitTree, name_within
from surveys.waves import Wave

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def open_to(settings: Settings, request: Request) -> bool:
    return (
        settings.demonstration
        and settings.loopback_only
        and settings.trusted_proxies == 0
        and _loopback(urlsplit(settings.address).hostname)
        and _loopback(request.remote_addr)
        and _loopback(urlsplit(f"//{request.host}").hostname)
        and not any(name in request.headers for name in FORWARDED)
    )


def _loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Demonstration:
    """What the front page shows of the demonstration."""

    wave: Wave
    point: collection.Point | None
    commune: Unit | None
    """whose officer one may play"""

    def doors(self) -> dict[str, Door]:
        """key -> whom one may play."""
        province = self.wave.province_code
        found = [
            Door("department", "Sở Nội vụ", _of(Role.PROVINCE_MANAGER, province)),
            Door("second", "Sở Nội vụ, người thứ hai", _of(Role.PROVINCE_MANAGER, province)),
            Door("administrator", "Quản trị hệ thống", _of(Role.ADMINISTRATOR, None)),
            Door("auditor", "Kiểm tra, giám sát", _of(Role.AUDITOR, province)),
        ]
        if self.commune is not None:
            found.append(Door("commune", f"Cán bộ {name_within(self.commune.name)}",
                              _of(Role.UNIT_OFFICER, self.commune.code)))
        return {door.key: door for door in found}


@dataclass(frozen=True)
class Door:
    """One part that a visitor of the demonstration may play."""

    key: str
    label: str
    grants: Grants


def _of(role: Role, unit: str | None) -> Grants:
    return Grants((Grant(role, unit),))


def demonstration(session: Session) -> Demonstration | None:
    """The newest simulated wave and its first point; None as soon as one real wave stands beside it."""
    waves = wave_store.waves(session)
    if not waves or not all(wave.simulated for wave in waves):
        return None
    wave = max(waves, key=lambda each: each.id)
    points = collection.points(session, wave)
    if not points:
        return Demonstration(wave, None, None)
    tree: UnitTree = units.tree(session, wave.units_day)
    return Demonstration(wave, points[0], tree.by_id(points[0].unit_id))
