"""A stand-in for a failing object store: a TLS proxy that answers some requests itself, put before the real one.

The kernel leads the machine's own connections to the store's port to the proxy; the proxy's connections carry a mark that
exempts them. What does not match is passed on to the store and back.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import http.server
import ipaddress
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import typing as t
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MARK = 0x5D0
DAY = datetime.timedelta(days=1)


def issue(authority: Path, names: t.Sequence[str], *, expired: bool = False) -> tuple[bytes, bytes]:
    """A certificate for host names and addresses of the authority whose ca.crt and ca.key are in a folder, and its key."""
    ca = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes())
    ca_key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    first, last = (now - 9 * DAY, now - 2 * DAY) if expired else (now - DAY, now + DAY)
    alternative = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_key(ca), critical=False)
        .sign(t.cast("ec.EllipticCurvePrivateKey", ca_key), hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def _authority_key(ca: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


class Fault(t.NamedTuple):
    """What happens to requests whose target contains ``matching``: an answer's status, or a delay in seconds."""

    matching: str
    status: int = 0
    delay: float = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.fault
        if fault.matching in self.path:
            self.server.hits += 1
            time.sleep(fault.delay)
            if fault.status:
                self.reply(fault.status, {}, b"<Error><Code>InternalError</Code></Error>")
                return
        upstream = self.server.upstream()
        try:
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            self.reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            upstream.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815

    def reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the proxy counts its hits."""


class Proxy(http.server.ThreadingHTTPServer):
    """``hits`` counts the requests that met the fault."""

    daemon_threads = True

    def __init__(self, address: str, port: int, authority: Path, fault: Fault, *, expired: bool) -> None:
        self.address, self.store_port, self.fault, self.hits = address, port, fault, 0
        self._authority = authority
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            pair = issue(authority, [address], expired=expired)
            for name, content in zip(("crt", "key"), pair, strict=True):
                (Path(folder) / name).write_bytes(content)
            self.context.load_cert_chain(Path(folder) / "crt", Path(folder) / "key")
        super().__init__(("127.0.0.1", 0), Handler)

    def finish_request(self, request: t.Any, client_address: t.Any) -> None:
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Clients that refuse the certificate or give up waiting are what the test is about."""

    def upstream(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self._authority / "ca.crt"))
        connection = http.client.HTTPSConnection(self.address, self.store_port, timeout=60)
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        plain.connect((self.address, self.store_port))
        connection.sock = context.wrap_socket(plain, server_hostname=self.address)
        return connection


@contextlib.contextmanager
def before_store(address: str, port: int, authority: Path, fault: Fault, *, expired: bool = False) -> t.Iterator[Proxy]:
    """Put a proxy before the store at address:port, for the connections that this machine itself makes."""
    proxy = Proxy(address, port, authority, fault, expired=expired)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    rule = ["OUTPUT", "-p", "tcp", "-d", address, "--dport", str(port), "-m", "mark", "!", "--mark", str(MARK)]
    rule += ["-j", "REDIRECT", "--to-ports", str(proxy.server_address[1])]
    subprocess.run(["iptables", "-w", "-t", "nat", "-I", *rule], check=True, capture_output=True, timeout=30)
    try:
        yield proxy
    finally:
        subprocess.run(["iptables", "-w", "-t", "nat", "-D", *rule], check=True, capture_output=True, timeout=30)
        proxy.shutdown()
        proxy.server_close()
