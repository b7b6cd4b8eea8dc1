"""Patroni's REST interface, played by a server of its own: what is asked, what is understood, what is waited for."""

from __future__ import annotations

import contextlib
import http.server
import json
import ssl
import subprocess
import threading
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import patroni
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import patroni as converge
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import patroni as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import NotConverged, OdooError
from ansible_collections.sysgenpro.odoo.plugins.modules import patroni_cluster

if t.TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "hidden-from-every-result"


class World:
    """Three members that follow commands as Patroni 4.0 does, and the requests they got."""

    def __init__(self) -> None:
        self.leader = "db1"
        self.standby = "db2"
        self.timeline = 1
        self.urls: dict[str, str] = {}
        self.silent: set[str] = set()
        self.etcd = True
        self.pending = False
        self.started = dict.fromkeys(("db1", "db2", "db3"), 0)
        self.loops = 0
        self.configuration: dict[str, t.Any] = {"synchronous_mode": True, "loop_wait": 5}
        self.requests: list[tuple[str, str, t.Any]] = []
        #: Whether the leader says that it goes on without etcd.
        self.failsafe = False
        #: What POST /switchover says, and whether it is true.
        self.switchover: tuple[int, bool] = (200, True)

    def role(self, name: str) -> str:
        return "leader" if name == self.leader else "sync_standby" if name == self.standby else "replica"

    def answer(self, name: str, method: str, path: str, body: t.Any, authorized: bool) -> tuple[int, t.Any]:
        self.requests.append((name, f"{method} {path}", body))
        if method != "GET" and not authorized:
            return 401, "no auth header received"
        replies = {
            "GET /patroni": self.words,
            "GET /config": lambda _who: (200, self.configuration),
            "GET /cluster": self.cluster,
        }
        if f"{method} {path}" in replies:
            return replies[f"{method} {path}"](name)
        return getattr(self, f"{method.lower()}_{path[1:]}")(name, body)

    def words(self, name: str) -> tuple[int, t.Any]:
        self.loops += 1
        leads = name == self.leader
        words: dict[str, t.Any] = {
            "state": "running",
            "role": "primary" if leads else "replica",
            "timeline": self.timeline,
            "postmaster_start_time": f"start {self.started[name]}",
            "server_version": 170012,
            "dcs_last_seen": self.loops,
            "xlog": {"location": 500} if leads else {"received_location": 490, "replayed_location": 480},
            "patroni": {"name": name, "scope": "local-test", "version": "4.0.7"},
        }
        if not leads:
            words["replication_state"] = "streaming"
        elif self.failsafe:
            words["failsafe_mode_is_active"] = True
        if self.pending and self.started[name] == 0:
            words["pending_restart"] = True
            words["pending_restart_reason"] = {"max_connections": {"old_value": "200", "new_value": "300"}}
        return 200, words

    def cluster(self, _name: str) -> tuple[int, t.Any]:
        if not self.etcd:
            raise ConnectionError
        members = [
            {"name": name, "role": self.role(name), "state": "stale", "api_url": f"{url}/patroni", "lag": 99999}
            for name, url in self.urls.items()
        ]
        pause = {"pause": True} if self.configuration.get("pause") else {}
        return 200, {"scope": "local-test", "members": members, **pause}

    def patch_config(self, _name: str, body: t.Any) -> tuple[int, t.Any]:
        self.configuration = model.merge_patch(self.configuration, body)
        return 200, self.configuration

    def post_switchover(self, _name: str, body: t.Any) -> tuple[int, t.Any]:
        status, happens = self.switchover
        if happens:
            self.leader, self.standby = body["candidate"], body["leader"]
            self.timeline += 1
        return status, "said the member"

    def post_restart(self, name: str, _body: t.Any) -> tuple[int, t.Any]:
        self.started[name] += 1
        return 200, "restarted successfully"

    def post_reinitialize(self, name: str, _body: t.Any) -> tuple[int, t.Any]:
        self.started[name] += 1
        return 200, "reinitialize started"


def handler(world: World, name: str) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def work(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            authorized = self.headers.get("Authorization", "").startswith("Basic ")
            if name in world.silent:
                return
            with contextlib.suppress(ConnectionError):
                status, document = world.answer(name, self.command, self.path, body, authorized)
                content = (document if isinstance(document, str) else json.dumps(document)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_PATCH = work  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that is its own authority."""
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*argv, *names, "-keyout", str(path), "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + (path.parent / "server.pem.crt").read_text())
    return path


@pytest.fixture
def world(certificate: Path) -> t.Iterator[World]:
    """Three members that listen."""
    seen = World()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    servers = []
    for name in ("db1", "db2", "db3"):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(seen, name))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        seen.urls[name] = f"https://127.0.0.1:{server.server_port}"
        servers.append(server)
    yield seen
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converge, "INTERVAL", 0.01)


def run(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str], *, check: bool = False, **arguments: t.Any
) -> dict[str, t.Any]:
    """Start the module and return what it prints."""
    given = {
        "members": list(world.urls.values()),
        "ca_file": f"{certificate}.crt",
        "password": PASSWORD,
        "timeout": 1,
        **arguments,
        "_ansible_check_mode": check,
    }
    with patch_module_args(given), pytest.raises(SystemExit):
        patroni_cluster.main()
    printed = capsys.readouterr().out
    assert PASSWORD not in printed
    return t.cast("dict[str, t.Any]", json.loads(printed))


def written(world: World) -> list[tuple[str, str]]:
    return [(name, request) for name, request, _body in world.requests if not request.startswith("GET")]


def test_a_members_own_words_are_newer_than_etcds(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(world, certificate, capsys)
    members = {member["name"]: member for member in result["cluster"]["members"]}
    assert (result["changed"], result["condition"], result["cluster"]["leader"]) == (False, "healthy", "db1")
    assert members["db2"]["state"] == "streaming"
    assert members["db2"]["lag"] == 10
    assert members["db2"]["version"] == 170012
    assert written(world) == []


def test_any_member_speaks_and_a_silent_one_is_down(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.silent = {"db3"}
    result = run(world, certificate, capsys)
    assert [(entry["name"], entry["member"]) for entry in result["conditions"]] == [("member_down", "db3")]


def test_nobody_at_all_is_an_error(world: World, certificate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.silent = {"db1", "db2", "db3"}
    result = run(world, certificate, capsys)
    assert result["failed"]
    assert "No member answers at" in result["msg"]


def test_without_etcd_the_members_say_who_leads(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.etcd = False
    result = run(world, certificate, capsys)
    assert (result["condition"], result["cluster"]["leader"]) == ("dcs_unreachable", "db1")
    assert len(result["cluster"]["members"]) == 3


def test_a_leader_that_goes_on_without_etcd_is_named(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a majority a member of etcd keeps its watchers, so that GET /cluster answers with what was."""
    world.failsafe = True
    assert run(world, certificate, capsys)["condition"] == "dcs_unreachable"
    world.failsafe = False
    assert run(world, certificate, capsys)["condition"] == "healthy"


def test_an_untrusted_certificate_is_refused(
    world: World, certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    other = tmp_path / "other.crt"
    subprocess.run([*argv, "-keyout", str(tmp_path / "key"), "-out", str(other)], check=True, capture_output=True)
    result = run(world, certificate, capsys, ca_file=str(other))
    assert "has no certificate that the CA file vouches for" in result["msg"]
    assert world.requests == []


def test_a_refused_login_says_what_to_check(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(world, certificate, capsys, state="maintenance", paused=True, password=None)
    assert "no auth header received. Check client_cert and password" in result["msg"]


def test_the_lead_moves_and_the_gap_is_told(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(world, certificate, capsys, state="switched_over", candidate="db2")
    assert (result["changed"], result["cluster"]["leader"]) == (True, "db2")
    assert 0 <= result["gap"] < 1
    assert written(world) == [("db1", "POST /switchover")]
    assert not run(world, certificate, capsys, state="switched_over", candidate="db2")["changed"]


def test_check_mode_plans_and_writes_nothing(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.pending = True
    for arguments in (
        {"state": "switched_over", "candidate": "db2"},
        {"state": "restarted"},
        {"state": "reinitialised", "member": "db3", "confirm": "db3"},
        {"state": "maintenance", "paused": True},
        {"state": "configured", "configuration": {"loop_wait": 6}},
    ):
        result = run(world, certificate, capsys, check=True, **arguments)
        assert result["changed"], arguments
        assert result["steps"], arguments
    assert written(world) == []
    assert (
        "db3 is no synchronous standby"
        in run(world, certificate, capsys, check=True, state="switched_over", candidate="db3")["msg"]
    )


@pytest.mark.parametrize("status", [412, 400])
def test_what_patroni_refuses_is_an_error(
    status: int, world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.switchover = (status, False)
    result = run(world, certificate, capsys, state="switched_over", candidate="db2")
    assert f"Patroni refused the switchover from db1 to db2: {status} said the member" in result["msg"]


def test_an_unknown_outcome_is_looked_at(world: World, certificate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Patroni says 503 also where the lead moves a moment later."""
    world.switchover = (503, True)
    assert run(world, certificate, capsys, state="switched_over", candidate="db2")["changed"]
    world.switchover = (503, False)
    result = run(world, certificate, capsys, state="switched_over", candidate="db1")
    assert "waiting for db1 to lead (503 said the member)" in result["msg"]


def test_restarts_end_with_the_former_leader(
    world: World, certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.pending = True
    result = run(world, certificate, capsys, state="restarted")
    assert written(world) == [
        ("db2", "POST /restart"),
        ("db3", "POST /restart"),
        ("db1", "POST /switchover"),
        ("db1", "POST /restart"),
    ]
    assert result["cluster"]["pending_restart"] == []
    assert not run(world, certificate, capsys, state="restarted")["changed"]


def test_a_replica_is_made_anew(world: World, certificate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(world, certificate, capsys, state="reinitialised", member="db3", confirm="db3")
    assert result["changed"]
    assert written(world) == [("db3", "POST /reinitialize")]


def test_the_configuration_is_merged_once(world: World, certificate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish: dict[str, t.Any] = {
        "state": "configured",
        "configuration": {"loop_wait": None, "postgresql": {"parameters": {"jit": "off"}}},
    }
    result = run(world, certificate, capsys, **wish)
    assert result["configuration"] == {"synchronous_mode": True, "postgresql": {"parameters": {"jit": "off"}}}
    assert not run(world, certificate, capsys, **wish)["changed"]


def test_maintenance_begins_and_ends(world: World, certificate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(world, certificate, capsys, state="maintenance", paused=True)
    assert (result["changed"], result["condition"]) == (True, "paused")
    assert not run(world, certificate, capsys, state="maintenance", paused=True)["changed"]
    assert run(world, certificate, capsys, state="maintenance", paused=False)["condition"] == "healthy"
    assert "pause" not in world.configuration


def test_waiting_ends_with_what_was_seen(world: World, certificate: Path) -> None:
    world.silent = {"db3"}
    urls = list(world.urls.values())
    endpoints = patroni.endpoints(
        urls, ca_file=f"{certificate}.crt", client_cert=None, user="patroni", password=None, timeout=1
    )
    runner = converge.Runner(patroni.Cluster(endpoints), timeout=0.05, check_mode=False)
    with pytest.raises(NotConverged, match="db3 replica stale"):
        runner.observed(wait=True)


def test_an_address_without_tls_is_refused(certificate: Path) -> None:
    with pytest.raises(OdooError, match="Accepted: https://HOST:PORT"):
        patroni.endpoints(
            ["http://db1:8008"], ca_file=f"{certificate}.crt", client_cert=None, user="", password=None, timeout=1
        )
