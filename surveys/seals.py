"""What a device seals to the server: only the server opens it, not even the device that sealed it.

    1 | id of the server's key (8) | the device's public key of this one message (65) | AES-256-GCM

Each message has a key pair of its own; P-256 because every browser's WebCrypto has it. The AES key is HKDF-SHA-256 of
what the two keys agree on, so its nonce may be all zeros. `app/static/js/again.js` is the other side.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from surveys.errors import SubmissionRefusal

VERSION = 1
PURPOSE = b"hailong-seal-1"
NONCE = bytes(12)
_POINT = 65
_HEAD = 1 + 8 + _POINT


class Opener:
    """The server's half."""

    def __init__(self, pem: bytes) -> None:
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("sealing key: expected an elliptic-curve private key in PEM")
        self._key = key
        self._point = _bytes_of(key.public_key())

    @staticmethod
    def fresh_pem() -> bytes:
        return ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def public(self) -> str:
        """The public key as an uncompressed point in base64, for `crypto.subtle.importKey("raw", …)`."""
        return base64.b64encode(self._point).decode()

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self._point).digest()[:8]

    def is_meant(self, sealed: bytes) -> bool:
        """Whether it says that it was sealed to this key."""
        return sealed[1:9] == self.id

    def opened(self, sealed: bytes) -> bytes:
        """What was sealed; raises SubmissionRefusal ("seal_unknown": to another key; "seal_broken")."""
        if len(sealed) <= _HEAD or sealed[0] != VERSION:
            raise SubmissionRefusal("seal_broken")
        if not self.is_meant(sealed):
            raise SubmissionRefusal("seal_unknown")
        point, rest = sealed[9:_HEAD], sealed[_HEAD:]
        try:
            theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            agreed = self._key.exchange(ec.ECDH(), theirs)
            return AESGCM(_derived(agreed, point)).decrypt(NONCE, rest, None)
        except (ValueError, InvalidTag):
            raise SubmissionRefusal("seal_broken") from None


def seal(public: str, plain: bytes) -> bytes:
    """As a device does it; for tests and measurements."""
    raw = base64.b64decode(public)
    own = ec.generate_private_key(ec.SECP256R1())
    point = _bytes_of(own.public_key())
    agreed = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw))
    head = bytes([VERSION]) + hashlib.sha256(raw).digest()[:8] + point
    return head + AESGCM(_derived(agreed, point)).encrypt(NONCE, plain, None)


def _derived(agreed: bytes, point: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=point, info=PURPOSE).derive(agreed)


def _bytes_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
