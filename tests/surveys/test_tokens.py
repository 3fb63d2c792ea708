"""Page tokens authorise and identify nobody; acknowledgements sign an id and a day."""

from __future__ import annotations

import base64
from datetime import date, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from surveys.errors import SubmissionRefusal
from surveys.tokens import Signer, acknowledged, check_token, issue_token, parse_id, slip_digest

SECRET = b"k" * 32
DAY = date(2026, 7, 1)


def test_a_token_is_the_same_for_everybody_who_opens_the_page_that_day():
    assert issue_token(SECRET, "p:ABC", 7, 3, DAY) == issue_token(SECRET, "p:ABC", 7, 3, DAY)


def test_a_token_stays_good_for_at_least_ninety_days_and_then_expires():
    token = issue_token(SECRET, "p:ABC", 7, 3, DAY)
    assert check_token(SECRET, token, "p:ABC", DAY + timedelta(days=90)).version == 3
    with pytest.raises(SubmissionRefusal, match="token_expired"):
        check_token(SECRET, token, "p:ABC", DAY + timedelta(days=200))


def test_a_token_of_one_point_is_no_token_of_another():
    with pytest.raises(SubmissionRefusal, match="token_forged"):
        check_token(SECRET, issue_token(SECRET, "p:ABC", 7, 3, DAY), "p:ABD", DAY)


def test_every_single_character_of_a_token_matters():
    token = issue_token(SECRET, "p:ABC", 7, 3, DAY)
    for place in range(len(token)):
        changed = token[:place] + ("x" if token[place] != "x" else "y") + token[place + 1 :]
        with pytest.raises(SubmissionRefusal, match="token_forged"):
            check_token(SECRET, changed, "p:ABC", DAY)


@given(st.text())
def test_no_text_is_a_token_by_chance(text: str):
    with pytest.raises(SubmissionRefusal, match="token_forged"):
        check_token(SECRET, text, "p:ABC", DAY)


def test_a_browser_can_verify_the_acknowledgement():
    signer = Signer(Signer.fresh_pem())
    ack = signer.acknowledge(b"\1" * 16, DAY, repeated=False)
    raw = base64.b64decode(ack.signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))

    def number(name: str) -> int:
        return int.from_bytes(base64.urlsafe_b64decode(signer.public_jwk[name] + "=="), "big")

    key = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()
    key.verify(der, acknowledged(b"\1" * 16, DAY), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(der, acknowledged(b"\2" * 16, DAY), ec.ECDSA(hashes.SHA256()))


def test_a_repeated_send_gets_the_very_same_acknowledgement():
    signer = Signer(Signer.fresh_pem())
    first = signer.acknowledge(b"\1" * 16, DAY, repeated=False)
    assert signer.acknowledge(b"\1" * 16, DAY, repeated=True).signature == first.signature


@given(st.text(max_size=40))
def test_an_id_is_32_hex_digits_or_refused(text: str):
    if len(text) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in text):
        assert parse_id(text).hex() == text.lower()
    else:
        with pytest.raises(SubmissionRefusal, match="id_malformed"):
            parse_id(text)


def test_the_store_cannot_tell_a_slip_without_the_key():
    assert slip_digest(SECRET, "A" * 26) != slip_digest(b"other" * 8, "A" * 26)
