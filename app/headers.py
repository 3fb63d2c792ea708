"""The headers every page carries."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request

from app import auth
from app.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "media-src 'self'", "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
))
UNUSED = ("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
          "gyroscope", "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get",
          "screen-wake-lock", "usb", "xr-spatial-tracking")
"""abilities of a browser that no page asks for"""
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": ", ".join(f"{ability}=()" for ability in UNUSED),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not 'no-referrer': browsers would then say 'Origin: null' on our own forms too
    "Referrer-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"


def always_of(config: Settings) -> list[tuple[str, str]]:
    """The headers of every reply of this installation."""
    hsts = {"Strict-Transport-Security": HSTS} if config.address.startswith("https://") else {}
    return list((ALWAYS | hsts).items())


def register(app: Flask) -> None:
    always = always_of(app.config["HAILONG"])

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.extend(always)
        if _personal():
            response.headers["Cache-Control"] = "no-store"
        return response


def _personal() -> bool:
    """Whether the page depends on who is signed in, or holds a token of one session."""
    rule = auth.rule_of(current_app, request.endpoint) if request.endpoint else None
    return g.get("viewer") is not None or (rule is not None and rule.form)
