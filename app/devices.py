"""What a person recognises a signed-in browser by: 'Chrome, Windows'. Never an address, never the whole header."""

from __future__ import annotations

BROWSERS = (
    ("Edg", "Edge"), ("coc_coc", "Cốc Cốc"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """'Chrome, Windows'; one of the two where the other is unknown; '' for neither."""
    found = [
        next((word for sign, word in table if sign in user_agent), "") for table in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found))
