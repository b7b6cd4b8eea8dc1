"""Tenants as they are rendered, and kubectl to show them to the cluster of KUBECONFIG.

KUBERNETES_TEST_IMAGE is Odoo's image by digest, from a registry that the cluster's admission policies accept and, where pods
must start, its nodes reach.
"""

from __future__ import annotations

import json
import os
import subprocess
import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import Secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired, Manifest

IMAGE = os.environ.get("KUBERNETES_TEST_IMAGE", f"registry.example.com/odoo@sha256:{'0' * 64}")
SECRETS = Secrets(database="a", redis="b", s3_access_key="c", s3_secret_key="d", master="e")
FIELD_MANAGER = "sysgenpro.odoo"
COMMON: dict[str, t.Any] = {
    "odoo_environment": "staging",
    "odoo_tier": "standard",
    "odoo_runtime": "kubernetes",
    "odoo_place": "cluster1",
    "odoo_image": IMAGE,
    "odoo_approved_registries": [IMAGE.split("/", maxsplit=1)[0]],
    "odoo_postgresql_clusters": {
        "shared": {
            "host": "192.0.2.1",
            "port": 6432,
            "primary_port": 5500,
            "replica_port": 5501,
            "max_connections": 900,
        }
    },
    "odoo_redis_instances": {"shared": {"host": "redis.platform.svc", "port": 6379}},
    "odoo_object_store": {"endpoint": "https://192.0.2.1:8333"},
    "odoo_smtp_host": "192.0.2.1",
}


def rendered(name: str, region: str, **changes: t.Any) -> Desired:
    """The objects of a tenant ``name`` in a region of the test's own."""
    variables = {**COMMON, "odoo_region": region, "odoo_host": f"{name}.example.com", **changes}
    return render(parse(variables, host=name), SECRETS, "a CA\nof two lines\n")


def kubectl(*arguments: str, given: object = None, status: int | None = 0) -> str:
    """Standard output of kubectl with ``given`` as JSON on standard input.

    Where it ends with another status than ``status`` the test fails with its errors; where that is wanted they are returned
    too. None takes any.
    """
    text = "" if given is None else json.dumps(given)
    done = subprocess.run(["kubectl", *arguments], input=text, capture_output=True, text=True, check=False)
    assert status is None or done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stdout + done.stderr


def apply(manifests: Sequence[Manifest]) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    arguments = ("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", "--validate=strict", "--filename=-")
    kubectl(*arguments, given=items)


def remove_namespaces(*names: str, wait: bool = False) -> None:
    kubectl("delete", "namespace", *names, "--ignore-not-found", f"--wait={str(wait).lower()}")
