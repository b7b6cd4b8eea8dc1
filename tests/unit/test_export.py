"""Exports: what runs on which runtime, and what a list of checksums may name."""

from __future__ import annotations

import datetime
import hashlib
import http.server
import ssl
import subprocess
import threading
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.s3_objects import Objects
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import export
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import export as render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.job import job
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from kubernetes_fleet import tenant as on_cluster

from .factories import tenant as on_docker

if t.TYPE_CHECKING:
    from pathlib import Path

IMAGE = f"registry.example.com/odoo@sha256:{'0' * 64}"


def test_a_job_uploads_what_a_container_leaves() -> None:
    docker, cluster = on_docker(), on_cluster("acme", image=IMAGE)
    assert render.argv(docker) == ("/usr/local/bin/odoo-export", docker.database)
    assert render.files(docker) == ()
    assert render.argv(cluster)[-1] == cluster.database
    (script,) = render.files(cluster)
    compile(script.content, script.path, "exec")
    assert not script.secret


def test_a_job_has_a_directory_to_write_only_where_it_was_asked_for() -> None:
    cluster = on_cluster("acme", image=IMAGE)
    for writable in (False, True):
        spec = job(cluster, "name", ("true",), "export", suspend=True, writable=writable)["spec"]["template"]["spec"]
        mounts = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
        assert ("/out" in mounts) is writable
        assert ({"name": "out", "emptyDir": {}} in spec["volumes"]) is writable
        assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "attachments/../../outside"])
def test_a_list_that_leads_out_of_the_directory_is_refused(name: str) -> None:
    with pytest.raises(OdooError, match="not in the export"):
        export._listed(f"{'0' * 64}  {name}\n")


def test_names_may_have_spaces() -> None:
    assert export._listed(f"{'0' * 64}  attachments/a  b\n") == [("0" * 64, "attachments/a  b")]


class Store(http.server.BaseHTTPRequestHandler):
    """A bucket that remembers what it was asked."""

    content: t.ClassVar[dict[str, bytes]] = {}
    seen: t.ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self.seen.append(("GET", self.path, self.headers["Authorization"]))
        body = self.content.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"<Code>NoSuchKey</Code>")

    def do_DELETE(self) -> None:
        self.seen.append(("DELETE", self.path, self.headers["Authorization"]))
        self.content.pop(self.path, None)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: t.Any) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> t.Iterator[Objects]:
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.HTTPServer(("127.0.0.1", 0), Store)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Store.content, Store.seen = {"/local-acme/export/a%20b": b"content"}, []
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    endpoint = f"https://localhost:{server.server_port}"
    keys = {"access_key": "AKIA", "secret_key": "secret", "ca_file": str(certificate)}
    yield Objects(endpoint, "local-acme", region="eu-west-1", **keys)
    server.shutdown()
    serving.join()
    server.server_close()


def test_objects_are_fetched_and_removed_by_signed_requests(store: Objects, tmp_path: Path) -> None:
    target = tmp_path / "out/a b"
    store.fetch("export/a b", target)
    assert target.read_bytes() == b"content"
    assert target.stat().st_mode & 0o777 == 0o600
    store.remove("export/a b")
    assert Store.content == {}
    assert [(method, path) for method, path, _signature in Store.seen] == [
        ("GET", "/local-acme/export/a%20b"),
        ("DELETE", "/local-acme/export/a%20b"),
    ]
    today = f"{datetime.datetime.now(datetime.UTC):%Y%m%d}"
    assert f"Credential=AKIA/{today}/eu-west-1/s3/aws4_request" in Store.seen[0][2]


def test_what_the_store_says_is_passed_on(store: Objects, tmp_path: Path) -> None:
    with pytest.raises(OdooError, match="404 <Code>NoSuchKey"):
        store.fetch("export/missing", tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def test_a_file_that_is_not_what_the_list_says_is_refused(tmp_path: Path) -> None:
    (tmp_path / "database.dump").write_bytes(b"PGDMP")
    good = hashlib.sha256(b"PGDMP").hexdigest()
    (tmp_path / render.SUMS).write_text(f"{good}  database.dump\n")
    assert export._verified(tmp_path) == {"files": 1, "bytes": 5}
    (tmp_path / "database.dump").write_bytes(b"PGDMX")
    with pytest.raises(OdooError, match="does not have the checksum"):
        export._verified(tmp_path)
