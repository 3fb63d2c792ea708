"""Flask's signed session cookie, at no cost to those who have none."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from app import keyring


class Cookies(SecureCookieSessionInterface):
    """Citizens carry no cookie: nothing is verified for them. Staff stay signed in when the keys are rotated."""

    def __init__(self) -> None:
        self._made: tuple[tuple[bytes, ...], URLSafeTimedSerializer] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        # the last one signs
        keys = tuple(each.secret for each in reversed(keyring.of(app.config["HAILONG"]).living()))
        if self._made is None or self._made[0] != keys:
            how = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
            self._made = keys, URLSafeTimedSerializer(
                list(keys), salt=self.salt, serializer=self.serializer, signer_kwargs=how
            )
        return self._made[1]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)
