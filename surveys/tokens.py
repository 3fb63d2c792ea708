"""The page token and the acknowledgement.

The token in a form authorises (place, questionnaire version, expiry) and is no id: it is the same for
everybody who opens the page on one day, so it can follow nobody. The acknowledgement is a signature over the
device's own id and the server's day; it says nothing about the answers, so it cannot prove them to a third
person.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from surveys.errors import SubmissionRefusal

LIFE = timedelta(days=120)
"""how long a form in somebody's hand stays acceptable (at least 90 days by our promise)"""

_EPOCH = date(1970, 1, 1)
_MAC = 16


@dataclass(frozen=True)
class PageToken:
    place: str
    """'p:<point code>', or 's:<province>' for slips (the slip itself says where its answer goes)"""
    cell: int
    """design cell of the point's answers; 0 for slips"""
    version: int
    """questionnaire.id of the page"""
    expires: date


def issue_token(secret: bytes, place: str, cell: int, version: int, today: date) -> str:
    """The token of a page served today; equal for every reader of that page on that day."""
    expires = (today + LIFE - _EPOCH).days
    body = f"{place}|{cell}|{version}|{expires}"
    return f"{body}|{_mac(secret, body)}"


def check_token(secret: bytes, text: str, place: str, today: date) -> PageToken:
    """The token's content; raises SubmissionRefusal("token_forged") or ("token_expired")."""
    if not is_made_with(secret, text):
        raise SubmissionRefusal("token_forged")
    body = text.rpartition("|")[0]
    its_place, cell, version, expires = body.split("|")
    if its_place != place:
        raise SubmissionRefusal("token_forged")
    token = PageToken(its_place, int(cell), int(version), _EPOCH + timedelta(days=int(expires)))
    if today > token.expires:
        raise SubmissionRefusal("token_expired")
    return token


def is_made_with(secret: bytes, text: str) -> bool:
    """Whether a page token was made with this key."""
    body, _, mac = text.rpartition("|")
    return text.isascii() and hmac.compare_digest(mac.encode(), _mac(secret, body).encode())


def says_expired(text: str, today: date) -> bool:
    """What a page token says of itself, whoever made it."""
    days = text.split("|")[-2:-1]
    return bool(days) and days[0].isascii() and days[0].isdigit() and len(days[0]) < 7 and (
        _EPOCH + timedelta(days=int(days[0])) < today
    )


def place_of(text: str) -> str:
    """The place that a token claims to be for; `check_token` decides whether it is."""
    return text.partition("|")[0]


def _mac(secret: bytes, body: str) -> str:
    digest = hmac.digest(secret, b"hailong page token 1|" + body.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_MAC]).decode().rstrip("=")


def slip_digest(secret: bytes, code: str) -> bytes:
    """What the store knows of a slip: useless without the key, so a stolen table spends no slip."""
    return hmac.new(secret, b"hailong slip 1|" + code.encode("ascii"), hashlib.sha256).digest()


@dataclass(frozen=True)
class Acknowledgement:
    id: bytes
    day: date
    signature: str
    """base64 of r || s, 64 bytes, as browsers verify it"""
    repeated: bool
    """the same answer had been stored before"""


class Signer:
    """Signs acknowledgements: ECDSA on P-256, the curve that every browser's WebCrypto has. Deterministic
    (RFC 6979), so that a repeated send gets the very same acknowledgement."""

    def __init__(self, pem: bytes) -> None:
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("acknowledgement key: expected an elliptic-curve private key in PEM")
        self._key = key

    @staticmethod
    def fresh_pem() -> bytes:
        return ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key, for `crypto.subtle.importKey`."""
        numbers = self._key.public_key().public_numbers()
        x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).decode().rstrip("=") for n in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def acknowledge(self, id: bytes, day: date, *, repeated: bool) -> Acknowledgement:
        return Acknowledgement(id, day, self.sign(acknowledged(id, day)), repeated)

    def sign(self, said: bytes) -> str:
        """base64 of r || s."""
        der = self._key.sign(said, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()

    def verifies(self, said: bytes, signature: str) -> bool:
        """Whether the signature is ours."""
        try:
            raw = base64.b64decode(signature.encode("ascii"), validate=True)
            if len(raw) != 64:
                return False
            der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            self._key.public_key().verify(der, said, ec.ECDSA(hashes.SHA256()))
        except (ValueError, InvalidSignature):
            return False
        return True


def acknowledged(id: bytes, day: date) -> bytes:
    """The bytes an acknowledgement signs: the id and the day, nothing of the answers."""
    return f"hailong-ack-1|{id.hex()}|{day.isoformat()}".encode()


def parse_id(text: str) -> bytes:
    """16 bytes from 32 hex digits; raises SubmissionRefusal("id_malformed")."""
    try:
        raw = binascii.unhexlify(text.encode("ascii"))
    except (ValueError, UnicodeEncodeError):
        raise SubmissionRefusal("id_malformed") from None
    if len(raw) != 16:
        raise SubmissionRefusal("id_malformed")
    return raw
