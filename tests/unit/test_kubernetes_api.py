"""The client of the Kubernetes API against a server that answers what a real one does only in trouble: 429, 5xx, silence.

Everything an API server answers when it is well is tested against a real one in tests/kubernetes.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import typing as t
from types import MappingProxyType

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import PAUSES, KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import Ref
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import kubernetes_errors as errors
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

if t.TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = Ref("v1", "Namespace", "", "shop")
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"}}


class Answer(t.NamedTuple):
    status: int
    body: t.Any = MappingProxyType({})
    headers: t.Mapping[str, str] = MappingProxyType({})
    delay: float = 0.0


class StandIn(http.server.ThreadingHTTPServer):
    """Answers with what it is told, one answer a request, the last again and again."""

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.seen = answers, t.cast("list[tuple[str, str, str]]", [])
        self.released = threading.Event()


def _plain(value: t.Any) -> t.Any:
    return dict(value) if isinstance(value, MappingProxyType) else value


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandIn

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        position = min(len(self.server.seen), len(self.server.answers)) - 1
        answer = self.server.answers[position]
        if answer.delay:
            self.server.released.wait(answer.delay)
        content = answer.body.encode() if isinstance(answer.body, str) else json.dumps(_plain(answer.body)).encode()
        with contextlib.suppress(OSError):
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  # http.server's own names

    def log_message(self, *_arguments: t.Any) -> None:
        return


@contextlib.contextmanager
def api(*answers: Answer, timeout: float = 5.0) -> t.Iterator[tuple[KubernetesApi, StandIn, list[float]]]:
    server = StandIn(list(answers))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    pauses: list[float] = []
    access = kubeconfig.Access(f"http://127.0.0.1:{server.server_port}", None)
    client = KubernetesApi(access, timeout=timeout, sleep=pauses.append)
    try:
        yield client, server, pauses
    finally:
        client.close()
        server.released.set()
        server.shutdown()
        server.server_close()


def status(code: int, message: str, **more: t.Any) -> Answer:
    return Answer(code, {"kind": "Status", "status": "Failure", "message": message, "code": code, **more})


def test_too_many_requests_are_repeated_after_the_pause_the_server_wants() -> None:
    with api(Answer(429, {}, {"Retry-After": "3"}), Answer(200, {"metadata": {"name": "shop"}})) as (
        client,
        server,
        pauses,
    ):
        assert client.get(NAMESPACE) == {"metadata": {"name": "shop"}}
        assert (len(server.seen), pauses) == (2, [3.0])


def test_a_server_that_wants_hours_gets_seconds() -> None:
    with api(Answer(503, {}, {"Retry-After": "7200"}), Answer(200, {})) as (client, _server, pauses):
        client.get(NAMESPACE)
        assert pauses == [10.0]


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_patience_has_a_bound(code: int) -> None:
    with api(status(code, "etcdserver: request timed out")) as (client, server, pauses):
        with pytest.raises(errors.Unavailable, match="request timed out") as raised:
            client.apply(CONFIG_MAP)
        assert raised.value.status == code
        assert raised.value.hint
        assert (len(server.seen), pauses) == (len(PAUSES) + 1, list(PAUSES))


def test_an_unknown_field_is_not_tried_again_although_it_is_answered_with_500() -> None:
    answer = status(500, "failed to create typed patch object: .spec.replicaz: field not declared in schema")
    with api(answer) as (client, server, _pauses):
        with pytest.raises(errors.UnknownField, match=r"ConfigMap/web: .*replicaz"):
            client.apply(CONFIG_MAP)
        assert len(server.seen) == 1


def test_a_webhook_that_cannot_be_called_is_tried_again_and_named() -> None:
    answer = status(500, 'Internal error occurred: failed calling webhook "check.example.com": connection refused')
    with api(answer) as (client, server, _pauses), pytest.raises(errors.Unavailable, match=r"check\.example\.com"):
        client.apply(CONFIG_MAP)
    assert len(server.seen) == len(PAUSES) + 1


def test_a_webhook_that_refuses_is_named_and_not_asked_again() -> None:
    answer = status(400, 'admission webhook "check.example.com" denied the request: no')
    with api(answer) as (client, server, _pauses):
        with pytest.raises(errors.Refused, match="denied the request: no") as raised:
            client.apply(CONFIG_MAP)
        assert "check.example.com" in raised.value.hint
        assert len(server.seen) == 1


def test_a_silent_server_is_given_up_after_the_time_out() -> None:
    with api(Answer(200, {}, delay=20.0), timeout=0.2) as (client, server, _pauses):
        with pytest.raises(errors.Unreachable, match=r"did not answer GET /api/v1/namespaces/shop within 0\.2 s"):
            client.get(NAMESPACE)
        assert len(server.seen) == 1


def test_a_server_that_is_gone_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pauses: list[float] = []
    client = KubernetesApi(kubeconfig.Access(f"http://127.0.0.1:{port}", None), sleep=pauses.append)
    with pytest.raises(errors.Unreachable, match=f"http://127.0.0.1:{port} cannot be reached: .*refused"):
        client.get(NAMESPACE)
    assert pauses == list(PAUSES)


def test_a_connection_that_the_server_closed_is_opened_again() -> None:
    with api(Answer(200, {}, {"Connection": "close"}), Answer(200, {"a": 1})) as (client, server, _pauses):
        client.get(NAMESPACE)
        assert client.get(NAMESPACE) == {"a": 1}
        assert len(server.seen) == 2


def test_a_proxy_that_answers_with_a_page_is_quoted() -> None:
    answer = Answer(403, "<html>not for you</html>")
    with api(answer) as (client, _server, _pauses), pytest.raises(errors.Forbidden, match="not for you"):
        client.get(NAMESPACE)


def test_long_lists_come_in_pages() -> None:
    pages = [
        Answer(200, {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]}),
        Answer(200, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]}),
    ]
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import DEPLOYMENT

    with api(*pages) as (client, server, _pauses):
        found = client.select(DEPLOYMENT, namespace="shop", labels={"sysgenpro.odoo/tenant": "acme"})
        assert [(item["kind"], item["metadata"]["name"]) for item in found or []] == [
            ("Deployment", "a"),
            ("Deployment", "b"),
        ]
        assert "continue=more" in server.seen[1][1]
        assert "labelSelector=sysgenpro.odoo%2Ftenant%3Dacme" in server.seen[0][1]


# Kubeconfigs


def write(path: Path, content: dict[str, t.Any]) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def config(server: str, user: dict[str, t.Any], **cluster: t.Any) -> dict[str, t.Any]:
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
    }


def test_yaml_and_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
        "clusters: [{name: k, cluster: {server: 'https://192.0.2.1:6443'}}]\nusers: [{name: u, user: {token: abc}}]\n",
        encoding="utf-8",
    )
    access = kubeconfig.load(str(path))
    assert (access.server, access.token()) == ("https://192.0.2.1:6443", "abc")
    assert "abc" not in repr(access)


def test_the_first_of_several_files_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(tmp_path / "a", {"users": [{"name": "u", "user": {"token": "first"}}]})
    second = write(tmp_path / "b", config("https://192.0.2.1", {"token": "second"}))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path}/missing:{second}")
    assert kubeconfig.load().token() == "first"


def test_a_token_file_is_read_at_every_use_and_beside_its_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one\n", encoding="ascii")
    access = kubeconfig.load(write(tmp_path / "config", config("https://192.0.2.1", {"tokenFile": "token"})))
    assert access.token() == "one"
    (tmp_path / "token").write_text("two\n", encoding="ascii")
    assert access.token() == "two"


PLUGIN = """#!/bin/sh
echo run >> "$(dirname "$0")/count"
[ "$1" = login ] && [ "$EXTRA" = yes ] || exit 3
case $KUBERNETES_EXEC_INFO in *'"interactive": false'*) ;; *) exit 4 ;; esac
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "from-plugin"}}'
"""


def plugin(tmp_path: Path, arguments: list[str]) -> dict[str, t.Any]:
    script = tmp_path / "plugin"
    script.write_text(PLUGIN, encoding="ascii")
    script.chmod(0o755)
    own = [{"name": "EXTRA", "value": "yes"}]
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "./plugin",
            "args": arguments,
            "env": own,
            "interactiveMode": "Never",
        }
    }


def test_an_exec_plugin_is_run_once_and_again_when_its_token_is_refused(tmp_path: Path) -> None:
    with api(Answer(200, {}), Answer(401, {}), Answer(200, {"a": 1})) as (_client, server, _pauses):
        # Plain HTTP on loopback brings no token, so the credential is put behind the stand-in by hand.
        access = kubeconfig.load(write(tmp_path / "config", config("https://192.0.2.1", plugin(tmp_path, ["login"]))))
        access.server, access.context = f"http://127.0.0.1:{server.server_port}", None
        client = KubernetesApi(access)
        client.get(NAMESPACE)
        assert client.get(NAMESPACE) == {"a": 1}
        client.close()
        assert [seen[2] for seen in server.seen] == ["Bearer from-plugin"] * 3
    assert (tmp_path / "count").read_text(encoding="ascii").splitlines() == ["run", "run"]


def test_an_exec_plugin_that_fails_is_named(tmp_path: Path) -> None:
    access = kubeconfig.load(write(tmp_path / "config", config("https://192.0.2.1", plugin(tmp_path, ["logout"]))))
    with pytest.raises(OdooError, match=r"plugin gave no credential \(exit status 3\)"):
        access.token()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (config("https://192.0.2.1", {}, **{"insecure-skip-tls-verify": True}), "not verified"),
        (config("http://192.0.2.1:8080", {"token": "secret-token"}), "is not https"),
        (config("https://192.0.2.1", {"username": "admin", "password": "hunter2"}), "not accepted by API servers"),
        (config("https://192.0.2.1", {"client-certificate-data": "%%%"}), "client certificate|not base64"),
        ({"contexts": [{"name": "other", "context": {}}], "current-context": "c"}, "has no context 'c'"),
        ({"contexts": [{"name": "c", "context": {"cluster": "k"}}], "current-context": "c"}, "names a cluster"),
        (["no", "mapping"], "holds no mapping"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_refused_without_its_credentials(
    tmp_path: Path, content: t.Any, said: str
) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(OdooError, match=said) as raised:
        kubeconfig.load(str(path))
    assert "hunter2" not in str(raised.value)
    assert "secret-token" not in str(raised.value)


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(OdooError, match=f"no kubeconfig at {tmp_path}/none"):
        kubeconfig.load(f"{tmp_path}/none")
