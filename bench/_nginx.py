"""deploy/nginx.conf as it is, on ports and certificates of a trial: what is tried is what is shipped."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SAMPLE = Path(__file__).resolve().parent.parent / "deploy" / "nginx.conf"
NAME = "hailong.example.gov.vn"
"""in the sample"""


@dataclass(frozen=True)
class Trial:
    folder: Path
    plain: int
    tls: int

    @property
    def authority(self) -> Path:
        """Certificate of the authority that signed the server's."""
        return self.folder / "authority.pem"

    @property
    def log(self) -> Path:
        return self.folder / "hailong.log"


def program() -> str | None:
    """Where nginx is; Debian puts it where not every user looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def written(folder: Path, plain: int, tls: int, upstream: int, unlike: Mapping[str, str] | None = None) -> Path:
    """A whole configuration around the sample; its paths and ports are the only things changed.

    unlike: what else is, for whoever tries what the sample is good for.
    """
    certificates(folder)
    site = SAMPLE.read_text(encoding="utf-8")
    site = re.sub(r"^\s*listen \[::\].*\n", "", site, flags=re.MULTILINE)  # not every machine has IPv6
    for was, now in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"), ("listen 443 ", f"listen 127.0.0.1:{tls} "),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{upstream};"), ("/etc/ssl/hailong/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"), *(unlike or {}).items(),
    ):
        assert was in site, was
        site = site.replace(was, now)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{user} pid {folder}/nginx.pid; error_log {folder}/start.log; worker_processes 1; daemon off;\n"
        f"events {{ worker_connections 2048; }}\nhttp {{ {temporary}\n{site}\n}}\n", encoding="utf-8",
    )
    return whole


def checked(configuration: Path) -> str:
    """What `nginx -t` complains of; '' when nothing."""
    nginx = program()
    assert nginx
    done = subprocess.run(
        [nginx, "-t", "-q", "-p", str(configuration.parent), "-c", str(configuration)],
        capture_output=True, text=True, check=False,
    )
    return done.stderr.strip() if done.returncode or done.stderr else ""


@contextmanager
def running(
    folder: Path, plain: int, tls: int, upstream: int, unlike: Mapping[str, str] | None = None
) -> Iterator[Trial]:
    configuration = written(folder, plain, tls, upstream, unlike)
    if fault := checked(configuration):
        raise SystemExit(fault)
    nginx = program()
    assert nginx
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(configuration)])
    try:
        time.sleep(0.5)
        assert process.poll() is None, (folder / "start.log").read_text(encoding="utf-8")
        yield Trial(folder, plain, tls)
    finally:
        process.terminate()
        process.wait(20)


def certificates(folder: Path) -> None:
    """An authority of our own and a P-256 certificate signed by it, as a server would have."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Trial")])
    root = _certificate(issuer, issuer, authority, authority, authority=True)
    own = _certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), issuer, key, authority)
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(root.public_bytes(pem))
    (folder / "fullchain.pem").write_bytes(own.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey,
    *, authority: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not authority:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    return made.sign(signer, hashes.SHA256())
