from __future__ import annotations

import http.server
import json
import multiprocessing
import os
import stat
import threading
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import docker_engine, files, local_http
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import NotConverged, OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.waiting import wait_until

if t.TYPE_CHECKING:
    from pathlib import Path

OWN_GROUP = os.getgid()


def test_a_stopped_engine_says_so_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OdooError, match=r"Docker does not answer at .*docker\.sock") as raised:
        docker_engine.DockerEngine(str(tmp_path / "docker.sock")).networks()
    assert "Start Docker" in raised.value.hint


def test_output_frames_are_joined() -> None:
    stream = b"\x01\x00\x00\x00\x00\x00\x00\x03one\x02\x00\x00\x00\x00\x00\x00\x04 two"
    assert docker_engine._demultiplex(stream) == b"one two"


def test_a_tree_appears_whole_and_private(tmp_path: Path) -> None:
    target = tmp_path / "web-0123"
    files.write_tree(str(target), [("plain/odoo.conf", "a"), ("secret/odoo.conf", "b")], group=OWN_GROUP)
    assert files.read_tree(str(target)) == [("plain/odoo.conf", "a"), ("secret/odoo.conf", "b")]
    assert stat.S_IMODE((target / "secret/odoo.conf").stat().st_mode) == 0o440
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert files.subdirectories(str(tmp_path)) == [str(target)]


def test_a_draft_of_a_killed_run_is_no_tree_and_goes(tmp_path: Path) -> None:
    (tmp_path / ".web-0123.killed").mkdir()
    assert files.subdirectories(str(tmp_path)) == []
    files.write_tree(str(tmp_path / "web-0123"), [("plain/odoo.conf", "a")], group=OWN_GROUP)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["web-0123"]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "route.yml"
    files.write(str(path), "old", owner=os.getuid(), group=OWN_GROUP, mode=0o400)

    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        files.write(str(path), "new", owner=os.getuid(), group=OWN_GROUP, mode=0o400)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["route.yml"]


def _hold(path: str, held: t.Any, release: t.Any) -> None:
    with files.lease(path, holder="the first run"):
        held.set()
        release.wait(30)


def test_a_leased_tenant_names_who_works_on_it(tmp_path: Path) -> None:
    path = str(tmp_path / ".lease")
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(path, held, release))
    process.start()
    assert held.wait(30)
    with pytest.raises(OdooError, match="the first run"), files.lease(path, holder="the second run"):
        pass
    process.kill()
    process.join()
    with files.lease(path, holder="the second run"):
        assert json.loads((tmp_path / ".lease").read_text())["holder"] == "the second run"


def test_a_host_starts_so_many_tenants_at_a_time(tmp_path: Path) -> None:
    slots = str(tmp_path / "slots")
    with files.slot(slots, 2, timeout=1), files.slot(slots, 2, timeout=1):
        with pytest.raises(NotConverged, match="one of the 2 slots"), files.slot(slots, 2, timeout=0):
            pass
        with files.slot(slots, 3, timeout=0):
            pass
    with files.slot(slots, 1, timeout=0):
        pass


def test_established_connections_are_counted(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text(
        "  sl  local_address rem_address   st\n"
        "   0: 0100007F:1F90 0200D50A:1F85 01 0\n"
        "   1: 0100007F:1F90 0200D50A:1F85 06 0\n"
        "   2: 0100007F:1F90 0300D50A:1F85 01 0\n"
        # The container's own connection to a proxy on this host: no request.
        "   3: 0100007F:1920 0200D50A:D431 01 0\n"
    )
    assert local_http.established(["10.213.0.2"], (8069, 8072), str(table)) == 1
    assert local_http.established(["10.213.0.2", "10.213.0.3"], (8069, 8072), str(table)) == 2


class Traefik(http.server.BaseHTTPRequestHandler):
    """The answers of Traefik's API for one service."""

    def do_GET(self) -> None:
        known = self.path == "/api/http/services/acme-web@file"
        servers = [{"url": "http://10.213.0.2:8069"}, {"url": "http://10.213.0.3:8069"}]
        document = {"loadBalancer": {"servers": servers}, "serverStatus": {"http://10.213.0.2:8069": "DOWN"}}
        body = json.dumps(document if known else {}).encode()
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's own signature
        """Say nothing."""


def test_what_traefik_serves_is_read_with_each_servers_state() -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), Traefik)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = f"http://127.0.0.1:{server.server_port}"
    expected = {"http://10.213.0.2:8069": "DOWN", "http://10.213.0.3:8069": "UP"}
    assert local_http.traefik_servers(api, "acme-web") == expected
    assert "does not know" in str(local_http.traefik_servers(api, "other-web"))
    server.shutdown()
    server.server_close()
    assert "does not answer" in str(local_http.traefik_servers(api, "acme-web"))


def test_a_wait_that_runs_out_carries_the_last_thing_seen() -> None:
    now = iter(range(100))
    with pytest.raises(NotConverged, match=r"Timed out after 3 s waiting for readiness; last observed: 503") as raised:
        wait_until("readiness", lambda: (False, 503), timeout=3, clock=lambda: next(now), sleep=lambda _seconds: None)
    assert raised.value.details == {"last_observed": 503}
