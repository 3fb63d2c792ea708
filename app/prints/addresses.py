"""The addresses that prints carry, and whether a citizen's phone can reach them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

LOCAL_NAMES = (".localhost", ".local", ".lan", ".home", ".internal", ".intranet")
"""endings that no public name server answers"""


def of_point(base: str, code: str) -> str:
    """base: the public address without trailing slash."""
    return f"{base}/p/{code}"


def of_slip(base: str, code: str) -> str:
    return f"{base}/s/{code}"


def obstacles(public_url: str, base: str) -> list[str]:
    """Codes of what keeps a phone elsewhere from opening `base`, the worst first; [] when nothing does.

    public_url: the setting as given ('' where it is unset and `base` was guessed from the bind address).
    """
    parts = urlsplit(base)
    host = (parts.hostname or "").rstrip(".").lower()
    found = ["address_unset"] if not public_url else []
    if _loopback(host):
        found.append("address_loopback")
    elif _private(host):
        found.append("address_private")
    if parts.scheme != "https":
        found.append("address_http")
    return found


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _loopback(host: str) -> bool:
    address = _ip(host)
    if address is None:
        return not host or host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _private(host: str) -> bool:
    address = _ip(host)
    if address is None:
        return "." not in host or host.endswith(LOCAL_NAMES)
    return not address.is_global
