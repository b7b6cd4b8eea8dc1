# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant that sleeps: what confines it stays, and a page that says so answers in place of its workloads.

It is another set of declared objects, so that sleeping and waking are convergences like any other: the page serves before the
route leads to it, the route leads there before the pods end, and back again in the same order.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ..odoo_conf import HTTP_PORT
from . import config
from . import workloads as of_workload
from .confined import PRIORITY_CLASSES, WALLS
from .owner import owner_of
from .pods import PORT
from .types import Wait

if t.TYPE_CHECKING:
    from .owner import Owner
    from .types import Desired, Manifest

PAGE = "page"
DIRECTORY = "/etc/page"
#: Seconds after which a browser asks again.
RETRY = 30
#: Of a process that answers with one page.
RESOURCES = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "64Mi"}}
_KEPT = frozenset({"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount", "Middleware"})
_OF_WORKLOADS = frozenset({"containers", "initContainers", "volumes", "topologySpreadConstraints"})

#: The same words as the page of the role traefik.
HTML = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="{RETRY}">
<title>Asleep</title>
<style>
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.1rem/1.5 system-ui, sans-serif; color: #333; background: #f6f6f6 }}
main {{ max-width: 32rem; padding: 2rem; text-align: center }}
</style>
</head>
<body>
<main>
<h1>Asleep</h1>
<p>This system is stopped while nobody uses it. Ask its administrator to wake it.</p>
</main>
</body>
</html>
"""
#: Runs in the tenant's own image, which its nodes have.
SERVER = f"""import http.server
import pathlib
import signal
import sys

PAGE = pathlib.Path("{DIRECTORY}/page.html").read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 30

    def answer(self):
        self.send_response(503)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Retry-After", "{RETRY}")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(PAGE)
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_arguments):
        pass


signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(0))
http.server.ThreadingHTTPServer(("", {HTTP_PORT}), Handler).serve_forever()
"""


def asleep(awake: Desired) -> Desired:
    """What is declared of a tenant while it sleeps; ``awake`` is what is when it does not, patches included."""
    web = next(item for item in awake.objects if item["kind"] == "Deployment" and item["metadata"]["name"] == "web")
    whose = owner_of(web)
    page = config.named_by_content(
        whose.manifest("v1", "ConfigMap", PAGE, workload=PAGE, data={"page.html": HTML, "serve.py": SERVER})
    )
    objects = [
        *(item for item in awake.objects if item["kind"] in _KEPT),
        _policy(whose, awake),
        page,
        of_workload.service_of(whose, PAGE, HTTP_PORT),
        _deployment(whose, web, page["metadata"]["name"]),
        *(_route(item) for item in awake.objects if item["kind"] == "IngressRoute"),
    ]
    timeout = next(wait.timeout for wait in awake.waits if wait.deployment == "web")
    wait = Wait(deployment=PAGE, workload=PAGE, strategy="rolling", minimum=1, autoscaled=False, timeout=timeout)
    return dataclasses.replace(awake, objects=tuple(objects), waits=(wait,))


def remembering(desired: Desired, remembered: t.Mapping[str, str]) -> Desired:
    """With annotations of the namespace."""
    if not remembered:
        return desired
    namespace, *others = desired.objects
    metadata = namespace["metadata"]
    annotations = {**(metadata.get("annotations") or {}), **remembered}
    return dataclasses.replace(
        desired, objects=({**namespace, "metadata": {**metadata, "annotations": annotations}}, *others)
    )


def _policy(whose: Owner, awake: Desired) -> dict[str, t.Any]:
    """Whoever may reach the web pods may reach the page, on the same port."""
    web = next(item for item in awake.objects if item["kind"] == "NetworkPolicy" and item["metadata"]["name"] == "web")
    spec = {**web["spec"], "podSelector": {"matchLabels": whose.selector(PAGE)}}
    return whose.manifest("networking.k8s.io/v1", "NetworkPolicy", PAGE, spec=spec)


def _deployment(whose: Owner, web: Manifest, config_map: str) -> dict[str, t.Any]:
    """Where the web pods would run, what pulls their image and confines them is the page's, too."""
    pod = web["spec"]["template"]["spec"]
    image = next(item["image"] for item in pod["containers"] if item["name"] == "odoo")
    container = {
        "name": "odoo",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", f"{DIRECTORY}/serve.py"],
        "ports": [{"name": PORT, "containerPort": HTTP_PORT, "protocol": "TCP"}],
        "resources": RESOURCES,
        "readinessProbe": {
            "tcpSocket": {"port": PORT},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
            "failureThreshold": 15,
        },
        "livenessProbe": {
            "tcpSocket": {"port": PORT},
            "periodSeconds": 30,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
        "securityContext": WALLS,
        "volumeMounts": [{"name": "page", "mountPath": DIRECTORY, "readOnly": True}],
    }
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": of_workload.HISTORY,
        "progressDeadlineSeconds": web["spec"]["progressDeadlineSeconds"],
        "selector": {"matchLabels": whose.selector(PAGE)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": whose.pod_labels(PAGE)},
            "spec": {
                **{key: value for key, value in pod.items() if key not in _OF_WORKLOADS},
                "priorityClassName": PRIORITY_CLASSES["background"],
                "terminationGracePeriodSeconds": 5,
                "containers": [container],
                "volumes": [{"name": "page", "configMap": {"name": config_map, "defaultMode": 0o444}}],
            },
        },
    }
    return whose.manifest("apps/v1", "Deployment", PAGE, workload=PAGE, spec=spec)


def _route(awake: Manifest) -> dict[str, t.Any]:
    """Whatever path: the names alone decide."""
    routes = [
        {
            **route,
            "middlewares": [{"name": "headers"}],
            "services": [{"kind": "Service", "name": PAGE, "port": HTTP_PORT}],
        }
        for route in awake["spec"]["routes"]
        if "&&" not in route["match"]
    ]
    return {**awake, "spec": {**awake["spec"], "routes": routes}}
