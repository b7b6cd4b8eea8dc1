# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a cluster's API is and how to log in there, from a kubeconfig or from inside a pod.

The kubernetes library is asked only for users with an auth-provider, which it alone knows: importing it costs 0.6 s, every
module call would pay that, and reading the file costs 0.05 s. Everything else a kubeconfig may hold is read here as client-go
reads it: several files in C(KUBECONFIG), relative paths, data in place of files, client certificates, tokens, files with
tokens, exec credential plugins, tls-server-name, HTTP proxies. What would leave the server unverified is refused.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import json
import os
import ssl
import subprocess
import typing as t
from urllib.parse import urlsplit

from .._support.errors import OdooError

POD_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"
EXEC_SECONDS = 60
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclasses.dataclass
class Access:
    """A server and how to be known there. ``token`` is called for every connection; ``renew`` says that it was refused."""

    server: str
    context: ssl.SSLContext | None
    token: t.Callable[[], str] = dataclasses.field(default=lambda: "", repr=False)
    renew: t.Callable[[], bool] = dataclasses.field(default=lambda: False, repr=False)
    server_name: str = ""
    proxy: str = ""


def load(path: str = "", context: str = "") -> Access:
    """Access to the cluster of a kubeconfig's context.

    :param path: kubeconfig; where empty, the files of C(KUBECONFIG), else C(~/.kube/config), else the pod's own account.
    :param context: its context; the current one where empty.
    :raises OdooError: naming the file and what is wrong with it, never a credential.
    """
    paths = [path] if path else [entry for entry in os.environ.get("KUBECONFIG", "").split(":") if entry]
    paths = [os.path.expanduser(entry) for entry in paths or ["~/.kube/config"]]
    found = [entry for entry in paths if os.path.exists(entry)]
    if not found:
        if not path and os.path.exists(f"{POD_DIRECTORY}/token"):
            return _in_pod()
        raise OdooError(f"There is no kubeconfig at {':'.join(paths)}", hint="Set odoo_kubeconfig, or KUBECONFIG")
    merged = _merge([(_read(entry), os.path.dirname(os.path.abspath(entry))) for entry in found])
    return _access(merged, context, ":".join(found))


def _read(path: str) -> dict[str, t.Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise OdooError(f"{path} cannot be read: {error.strerror}", hint="Check its owner and mode") from error
    try:
        value = json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except ValueError as error:
        raise OdooError(f"{path} is no kubeconfig: it is not YAML", hint="Set odoo_kubeconfig to one") from error
    if not isinstance(value, dict):
        raise OdooError(f"{path} is no kubeconfig: it holds no mapping", hint="Set odoo_kubeconfig to one")
    return value


def _yaml(text: str) -> t.Any:
    try:
        import yaml
    except ImportError as error:
        raise OdooError("The Python library PyYAML is missing", hint="Install PyYAML on the controller") from error
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


class _Merged(t.NamedTuple):
    """Several files as one: whoever names something first wins. Each entry knows the directory its paths start from."""

    current: str
    entries: t.Mapping[tuple[str, str], tuple[dict[str, t.Any], str]]


def _merge(files: t.Sequence[tuple[dict[str, t.Any], str]]) -> _Merged:
    current = next((str(content["current-context"]) for content, _dir in files if content.get("current-context")), "")
    entries: dict[tuple[str, str], tuple[dict[str, t.Any], str]] = {}
    for content, directory in files:
        for plural, singular in (("contexts", "context"), ("clusters", "cluster"), ("users", "user")):
            for entry in content.get(plural) or []:
                entries.setdefault((singular, str(entry.get("name"))), (entry.get(singular) or {}, directory))
    return _Merged(current, entries)


def _access(merged: _Merged, wanted: str, where: str) -> Access:
    name = wanted or merged.current
    if ("context", name) not in merged.entries:
        names = sorted(key[1] for key in merged.entries if key[0] == "context")
        raise OdooError(f"{where} has no context {name!r}", hint=f"It has {', '.join(names) or 'none'}")
    context = merged.entries["context", name][0]
    missing = [kind for kind in ("cluster", "user") if (kind, str(context.get(kind))) not in merged.entries]
    if missing:
        raise OdooError(f"{where}: context {name} names a {missing[0]} that is not there", hint="Correct the file")
    cluster, cluster_directory = merged.entries["cluster", str(context["cluster"])]
    user, user_directory = merged.entries["user", str(context["user"])]
    server = str(cluster.get("server", ""))
    url = urlsplit(server)
    if cluster.get("insecure-skip-tls-verify"):
        raise OdooError(
            f"{where}: cluster {context['cluster']} is not verified (insecure-skip-tls-verify)",
            hint="Give certificate-authority-data instead",
        )
    if url.scheme == "http" and url.hostname in LOOPBACK:
        return Access(server, None)  # kubectl proxy: it listens on this machine alone and logs in itself
    if url.scheme != "https":
        raise OdooError(f"{where}: server {server!r} is not https", hint="Correct the cluster's server")
    authority = _material(cluster, "certificate-authority", cluster_directory)
    tls = _verifying(ssl.create_default_context(cadata=authority.decode("ascii") if authority else None))
    access = Access(
        server, tls, server_name=str(cluster.get("tls-server-name", "")), proxy=str(cluster.get("proxy-url", ""))
    )
    _log_in(access, _User(user, user_directory, cluster, where, name))
    return access


def _verifying(context: ssl.SSLContext) -> ssl.SSLContext:
    """Chain, names and dates are verified, as by every other client of Kubernetes.

    Since Python 3.13 the default also asks for extensions (key usage, authority key identifier) that the CAs and serving
    certificates of many clusters do not have.
    """
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class _User(t.NamedTuple):
    entry: dict[str, t.Any]
    directory: str
    cluster: dict[str, t.Any]
    where: str
    context: str


def _log_in(access: Access, user: _User) -> None:
    """Give ``access`` what the user authenticates with."""
    entry = user.entry
    certificate = _material(entry, "client-certificate", user.directory)
    if certificate:
        _present(access, certificate, _material(entry, "client-key", user.directory), user.where)
    if entry.get("token"):
        token = str(entry["token"])
        access.token = lambda: token
    elif entry.get("tokenFile"):
        access.token = _token_file(os.path.join(user.directory, entry["tokenFile"]))
    elif entry.get("exec"):
        plugin = _Plugin(access, user)
        access.token, access.renew = plugin.token, plugin.renew
    elif entry.get("auth-provider"):
        access.token = _library_token(user)
    elif entry.get("username"):
        raise OdooError(
            f"{user.where}: a user name and password are not accepted by API servers since Kubernetes 1.19",
            hint="Use a client certificate, a token or an exec plugin",
        )


def _material(entry: t.Mapping[str, t.Any], key: str, directory: str) -> bytes:
    """PEM text from ``<key>-data`` or from the file ``<key>`` names; empty where there is neither."""
    data = entry.get(f"{key}-data")
    if data:
        try:
            return base64.b64decode("".join(str(data).split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise OdooError(f"{key}-data of the kubeconfig is not base64", hint="Correct the file") from error
    if not entry.get(key):
        return b""
    with open(os.path.join(directory, entry[key]), "rb") as stream:
        return stream.read()


def _present(access: Access, certificate: bytes, key: bytes, where: str) -> None:
    """Load a client certificate. The ssl module reads files only: an anonymous one in memory, so no disk ever holds the key."""
    descriptor = os.memfd_create("client", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, certificate + b"\n" + key)
        t.cast("ssl.SSLContext", access.context).load_cert_chain(f"/proc/self/fd/{descriptor}")
    except ssl.SSLError as error:
        raise OdooError(
            f"{where}: the client certificate or its key cannot be used: {error.reason}", hint="Correct the file"
        ) from error
    finally:
        os.close(descriptor)


def _token_file(path: str) -> t.Callable[[], str]:
    """Such files are rotated while they are in use."""

    def read() -> str:
        with open(path, encoding="ascii") as stream:
            return stream.read().strip()

    return read


class _Plugin:
    """An exec credential plugin (client.authentication.k8s.io), run when its credential is needed or was refused."""

    def __init__(self, access: Access, user: _User) -> None:
        self._access, self._user = access, user
        self._token: str | None = None

    def token(self) -> str:
        if self._token is None:
            self._token = self._run()
        return self._token

    def renew(self) -> bool:
        self._token = None
        return True

    def _run(self) -> str:
        spec = self._user.entry["exec"]
        version = str(spec.get("apiVersion", "client.authentication.k8s.io/v1"))
        if spec.get("interactiveMode") == "Always":
            raise OdooError(f"{spec['command']} wants a terminal", hint="Use a plugin that needs none")
        info: dict[str, t.Any] = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
        if spec.get("provideClusterInfo"):
            info["spec"]["cluster"] = {
                key: self._user.cluster[key]
                for key in ("server", "certificate-authority-data", "tls-server-name", "proxy-url")
                if key in self._user.cluster
            }
        own = {str(pair["name"]): str(pair["value"]) for pair in spec.get("env") or []}
        command = str(spec["command"])
        if "/" in command:
            command = os.path.join(self._user.directory, command)
        try:
            # An adapter has no module whose run_command it could call.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                [command, *map(str, spec.get("args") or [])],
                env={**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=EXEC_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            hint = str(spec.get("installHint") or "Install the plugin that the kubeconfig names")
            raise OdooError(f"{command} cannot be run: {error}", hint=hint) from error
        return self._credential(command, done)

    def _credential(self, command: str, done: subprocess.CompletedProcess[str]) -> str:
        status = None
        with contextlib.suppress(ValueError, AttributeError):
            status = json.loads(done.stdout).get("status")
        if done.returncode or not isinstance(status, dict):
            lines = done.stderr.strip().splitlines()[-3:]
            raise OdooError(
                f"{command} gave no credential (exit status {done.returncode}): {' '.join(lines)}", hint="Log in again"
            )
        certificate = status.get("clientCertificateData")
        if certificate:
            _present(self._access, certificate.encode(), str(status.get("clientKeyData", "")).encode(), command)
        return str(status.get("token") or "")


def _library_token(user: _User) -> t.Callable[[], str]:
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise OdooError(
            f"{user.where}: the user's auth-provider needs the Python library kubernetes",
            hint="Install it on the controller, or use an exec plugin",
        ) from error
    found = client.Configuration()
    config.load_kube_config(user.where, context=user.context, client_configuration=found)
    value = str(found.api_key.get("authorization") or found.api_key.get("BearerToken") or "")
    token = value[len("Bearer ") :] if value.startswith("Bearer ") else value
    return lambda: token


def _in_pod() -> Access:
    """The account of the pod this runs in."""
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    tls = _verifying(ssl.create_default_context(cafile=f"{POD_DIRECTORY}/ca.crt"))
    address = f"[{host}]" if ":" in host else host
    return Access(f"https://{address}:{port}", tls, token=_token_file(f"{POD_DIRECTORY}/token"))
