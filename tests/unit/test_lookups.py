from __future__ import annotations

import concurrent.futures
import datetime
import stat
import subprocess
import typing as t

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.sysgenpro.odoo.plugins.lookup import local_ca, secret
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if t.TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A directory with a CA, as the role certificates leaves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=10))
    ca = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
    directory = tmp_path / "ca"
    directory.mkdir()
    (directory / "ca.crt").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "ca.key").write_bytes(key.private_bytes(*encoding))
    return tmp_path


def issue(authority: Path, *names: str, client: bool = False, days: int = 5) -> dict[str, str]:
    return local_ca._certificate(authority, "shop", local_ca.Wanted(names, client, days))


def test_openssl_verifies_what_is_issued(authority: Path) -> None:
    issued = issue(authority, "shop.example.com", "192.0.2.1")
    file = authority / "issued/shop/tls.crt"
    for check in (["-verify_hostname", "shop.example.com"], ["-verify_ip", "192.0.2.1"], ["-purpose", "sslserver"]):
        done = subprocess.run(
            ["openssl", "verify", "-CAfile", str(authority / "ca/ca.crt"), *check, str(file)], check=False
        )
        assert done.returncode == 0
    assert issued["certificate"] == file.read_text()
    assert stat.S_IMODE((authority / "issued/shop/tls.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(("client", "accepted"), [(False, False), (True, True)])
def test_only_a_client_certificate_is_accepted_from_a_client(authority: Path, client: bool, accepted: bool) -> None:
    issue(authority, "shop.example.com", client=client)
    argv = ["openssl", "verify", "-CAfile", str(authority / "ca/ca.crt"), "-purpose", "sslclient"]
    assert (subprocess.run([*argv, str(authority / "issued/shop/tls.crt")], check=False).returncode == 0) == accepted


def test_a_good_certificate_is_kept(authority: Path) -> None:
    assert issue(authority, "shop.example.com") == issue(authority, "shop.example.com")


@pytest.mark.parametrize("change", [{"names": ("other.example.com",)}, {"client": True}])
def test_a_changed_wish_is_issued_anew(authority: Path, change: dict[str, t.Any]) -> None:
    before = issue(authority, "shop.example.com")
    after = issue(authority, *change.pop("names", ("shop.example.com",)), **change)
    assert before["certificate"] != after["certificate"]


def test_a_certificate_in_its_last_third_is_issued_anew(authority: Path) -> None:
    before = issue(authority, "shop.example.com", days=0)
    assert issue(authority, "shop.example.com") != before


def test_a_certificate_of_another_ca_is_issued_anew(authority: Path) -> None:
    before = issue(authority, "shop.example.com")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Other"]
    files = ["-keyout", str(authority / "ca/ca.key"), "-out", str(authority / "ca/ca.crt")]
    subprocess.run(["openssl", "req", "-x509", *curve, *files], check=True, capture_output=True)
    assert issue(authority, "shop.example.com") != before


def test_without_a_ca_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(AnsibleLookupError, match=r"sysgenpro\.odoo\.certificates"):
        issue(tmp_path, "shop.example.com")


def test_a_generated_secret_is_private_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "acme/database"
    first = secret._from_file(path, generate=True)
    assert len(first) == secret.LENGTH
    assert secret._from_file(path, generate=True) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["database"]


def test_racing_processes_agree_on_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "acme/database"
    with concurrent.futures.ProcessPoolExecutor(max_workers=4) as pool:
        values = set(pool.map(_generated, [path] * 16))
    assert len(values) == 1


def _generated(path: Path) -> str:
    return secret._from_file(path, generate=True)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_missing_or_empty_secret_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "database"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AnsibleLookupError, match=str(path)):
        secret._from_file(path, generate=False)


def test_a_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_PRODUCTION_DATABASE", "value")
    assert secret._from_environment("acme_production/database") == "value"
    with pytest.raises(AnsibleLookupError, match="ACME_PRODUCTION_REDIS"):
        secret._from_environment("acme_production/redis")
