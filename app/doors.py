"""The demonstration's doors: one click signs in, on the very machine that shows the demonstration.

Everything here is shut unless the flag is set, the server listens on loopback only and says so in its
address, no proxy stands in front, and the request itself came over loopback to a loopback name. The name
matters: a page elsewhere may point its own host name at 127.0.0.1 (DNS rebinding), and the browser would then
send its requests here.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request
from sqlalchemy.orm import Session

from app.settings import Settings, is_loopback
from surveys import collection
from surveys.access import Grant, Grants, Role
from surveys.store import units
from surveys.store import waves as wave_store
from surveys.units import Unit, UnitTree, name_within
from surveys.waves import Wave

WAVE = "QT-2026-MP"
"""code of the wave that `flask demonstration create` makes"""
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def open_to(settings: Settings, request: Request) -> bool:
    return (
        settings.demonstration
        and settings.loopback_only
        and settings.trusted_proxies == 0
        and is_loopback(urlsplit(settings.address).hostname)
        and is_loopback(request.remote_addr)
        and is_loopback(urlsplit(f"//{request.host}").hostname)
        and not any(name in request.headers for name in FORWARDED)
    )


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
            Door("department", "Sở Nội vụ", Role.PROVINCE_MANAGER, province),
            Door("second", "Sở Nội vụ, người thứ hai", Role.PROVINCE_MANAGER, province,
                 "Xác nhận hoặc từ chối việc người thứ nhất đề nghị: không ai tự duyệt việc của mình."),
            Door("analyst", "Sở Nội vụ, phân tích số liệu", Role.ANALYST, province),
            Door("administrator", "Quản trị hệ thống", Role.ADMINISTRATOR, None),
            Door("auditor", "Cán bộ kiểm tra", Role.AUDITOR, province),
            Door("observer", "Mặt trận Tổ quốc, Hội Cựu chiến binh", Role.OBSERVER, province),
        ]
        if self.commune is not None:
            name = f"Cán bộ {name_within(self.commune.name)}"
            found.insert(3, Door("commune", name, Role.UNIT_OFFICER, self.commune.code))
        return {door.key: door for door in found}

    def groups(self) -> list[tuple[str, list[Door]]]:
        """The doors by whom they are for, as the pages show them."""
        doors = self.doors()
        return [(title, [doors[key] for key in keys if key in doors]) for title, keys in GROUPS]


GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Tổ chức khảo sát", ("department", "second", "analyst")),
    ("Đơn vị được đánh giá, đơn vị giám sát", ("commune", "observer")),
    ("Quản trị và kiểm tra", ("administrator", "auditor")),
)
"""(heading, keys of doors)"""


@dataclass(frozen=True)
class Door:
    """One part that a visitor of the demonstration may play."""

    key: str
    label: str
    """whom one plays, as the pages say it"""
    role: Role
    unit: str | None
    task: str = ""
    """what this part is for; '' where the role says it"""

    @property
    def grants(self) -> Grants:
        return Grants((Grant(self.role, self.unit),))


def demonstration(session: Session) -> Demonstration | None:
    """The demonstration's wave and its first point; None as soon as one real wave stands beside it.

    Where it is not there, the newest simulated wave stands in.
    """
    waves = wave_store.waves(session)
    if not waves or not all(wave.simulated for wave in waves):
        return None
    wave = max(waves, key=lambda each: (each.code == WAVE, each.id))
    point = collection.first_point(session, wave)
    if point is None:
        return Demonstration(wave, None, None)
    tree: UnitTree = units.tree(session, wave.units_day)
    return Demonstration(wave, point, tree.by_id(point.unit_id))
