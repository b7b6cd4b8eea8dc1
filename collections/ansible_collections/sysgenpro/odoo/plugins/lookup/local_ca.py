# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: local_ca
short_description: Issue a certificate from the region's own CA
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Returns a certificate and its key for a set of names, signed by the CA that role C(certificates) made on the controller.
  - A certificate that names the same hosts and is not in the last third of its life is returned as it is.
  - Runs in the controller's process, because a region has dozens of certificates and three module calls each would cost a second apiece.
requirements:
  - cryptography (on the controller)
options:
  _terms:
    description: Name of the certificate, also its directory below C(<path>/issued).
    required: true
    type: list
    elements: str
  names:
    description: DNS names and IP addresses for the subject alternative name; the first is the common name.
    type: list
    elements: str
    required: true
  path:
    description: Directory with C(ca/ca.crt) and C(ca/ca.key).
    type: path
    required: true
    vars:
      - name: certificates_path
  client:
    description: Whether the certificate may also authenticate a client. Only who must be let in by certificate asks for it.
    type: bool
    default: false
  days:
    description: Life of a new certificate in days.
    type: int
    default: 397
"""

EXAMPLES = r"""
- name: Install a server's certificate
  ansible.builtin.copy:
    content: "{{ lookup('sysgenpro.odoo.local_ca', 'db1-postgresql', names=['db1.internal', '10.0.0.11']).certificate }}"
    dest: /etc/example/server.crt
    mode: "0644"
"""

RETURN = r"""
_raw:
  description: Per term, C(certificate), C(private_key) and C(ca), PEM.
  type: list
  elements: dict
"""

import datetime
import fcntl
import ipaddress
import os
import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False


#: Variables that set options, as DOCUMENTATION says.
VARIABLES = ("certificates_path",)


class Wanted(t.NamedTuple):
    """What a certificate must be: names, use, life in days."""

    names: tuple[str, ...]
    client: bool
    days: int


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[dict[str, str]]:
        # Ansible hands over variables as they are written; a path in an inventory is usually an expression.
        declared = {
            name: self._templar.template(value) for name, value in (variables or {}).items() if name in VARIABLES
        }
        self.set_options(var_options=declared, direct=kwargs)
        if not HAS_CRYPTOGRAPHY:
            raise AnsibleLookupError(
                "The Python library cryptography is missing on the controller: install it with pip"
            )
        wanted = Wanted(tuple(self.get_option("names")), self.get_option("client"), self.get_option("days"))
        if not wanted.names:
            raise AnsibleLookupError(f"Certificate {terms} needs at least one name")
        return [_certificate(Path(self.get_option("path")), term, wanted) for term in terms]


def _certificate(path: Path, name: str, wanted: Wanted) -> dict[str, str]:
    ca_file, ca_key_file = path / "ca" / "ca.crt", path / "ca" / "ca.key"
    if not ca_file.exists() or not ca_key_file.exists():
        raise AnsibleLookupError(f"There is no CA at {ca_file}: run the role sysgenpro.odoo.certificates first")
    directory = path / "issued" / name
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate_file, key_file = directory / "tls.crt", directory / "tls.key"
    # Forks resolve the same term at once: the first issues, the others read what it issued.
    with open(directory / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ca = x509.load_pem_x509_certificate(ca_file.read_bytes())
        if not (
            key_file.exists() and certificate_file.exists() and _still_good(certificate_file.read_bytes(), ca, wanted)
        ):
            _issue(certificate_file, key_file, ca, ca_key_file.read_bytes(), wanted)
    return {
        "certificate": certificate_file.read_text(encoding="ascii"),
        "private_key": key_file.read_text(encoding="ascii"),
        "ca": ca_file.read_text(encoding="ascii"),
    }


def _alternative_names(names: tuple[str, ...]) -> x509.SubjectAlternativeName:
    entries: list[x509.GeneralName] = []
    for name in names:
        try:
            entries.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            entries.append(x509.DNSName(name))
    return x509.SubjectAlternativeName(entries)


def _still_good(pem: bytes, ca: x509.Certificate, wanted: Wanted) -> bool:
    certificate = x509.load_pem_x509_certificate(pem)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    fresh = datetime.datetime.now(datetime.timezone.utc) < end - (end - begin) / 3
    same = all(certificate.extensions.get_extension_for_class(type(value)).value == value for value in _purpose(wanted))
    try:
        certificate.verify_directly_issued_by(ca)
    except Exception:  # every way of not being issued by this CA means the same: issue anew
        return False
    return fresh and same


def _purpose(wanted: Wanted) -> tuple[x509.SubjectAlternativeName, x509.ExtendedKeyUsage]:
    """The extensions that say whom a certificate stands for and what for."""
    client = [ExtendedKeyUsageOID.CLIENT_AUTH] if wanted.client else []
    return _alternative_names(wanted.names), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, *client])


def _signing_key(pem: bytes) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise AnsibleLookupError("The CA's key must be an elliptic curve or an RSA key")
    return key


def _issue(certificate_file: Path, key_file: Path, ca: x509.Certificate, ca_key: bytes, wanted: Wanted) -> None:
    names, usage = _purpose(wanted)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = _signing_key(ca_key)
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.names[0][:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=wanted.days))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _replace(key_file, private)
    _replace(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    os.replace(draft, path)
