"""An inventory of tenants on a cluster whose pods cost nothing, for tests and benchmarks that run playbooks."""

from __future__ import annotations

import subprocess
import sys
import typing as t

import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import Secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from kubernetes_cluster import cluster_image, kubectl

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired

PURPOSES = ("database", "redis", "s3_access_key", "s3_secret_key", "master")
WORKLOADS = ("web", "websocket", "cron", "queue")
#: A pod that is ready at once: what is measured is the converge, not Odoo.
COMMAND = ["sh", "-c", "trap exit TERM; while true; do sleep 0.2; done"]


def container() -> dict[str, t.Any]:
    return {
        "name": "odoo",
        "image": cluster_image(),
        "command": COMMAND,
        "ports": [{"name": "http", "containerPort": 8069, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"cpu": "500m", "memory": "32Mi"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def patches(**spec: t.Any) -> list[dict[str, t.Any]]:
    """Make each Deployment cheap; the cluster need not have the platform's priority classes."""
    pod = {"spec": {"containers": [container()], "priorityClassName": None}}
    patch = {"spec": {**spec, "template": pod}}
    return [{"kind": "Deployment", "name": name, "patch": patch} for name in WORKLOADS]


def variables(region: str, image: str = f"registry.example.com/odoo@sha256:{'0' * 64}") -> dict[str, t.Any]:
    """What declares a tenant, but for its address; platform services are at addresses for documentation."""
    return {
        "odoo_region": region,
        "odoo_environment": "production",
        "odoo_tier": "standard",
        "odoo_runtime": "kubernetes",
        "odoo_place": "cluster1",
        "odoo_image": image,
        "odoo_approved_registries": [image.split("/")[0]],
        "odoo_postgresql_clusters": {
            "shared": {"host": "192.0.2.1", "port": 6432, "primary_port": 5432, "max_connections": 1000000}
        },
        "odoo_redis_instances": {"shared": {"host": "192.0.2.1", "port": 6379}},
        "odoo_object_store": {"endpoint": "https://192.0.2.1:8333"},
        "odoo_smtp_host": "192.0.2.1",
    }


def tenant(name: str, *, image: str, region: str = "test") -> Tenant:
    """A tenant whose pods run ``image``."""
    return parse({**variables(region, image), "odoo_host": "jobs.example.com"}, host=name)


class Fleet:
    """An inventory of tenants in a folder, with a CA and secrets of its own."""

    def __init__(self, folder: Path, names: t.Sequence[str], *, region: str = "bench", **deployment: t.Any) -> None:
        self.folder, self.names, self.region = folder, names, region
        authority = folder / "ca"
        authority.mkdir()
        key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench"]
        usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        files = ["-keyout", str(authority / "ca.key"), "-out", str(authority / "ca.crt")]
        subprocess.run([*key, *usage, *files], check=True, capture_output=True)
        shared = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "certificates_path": str(folder),
            "odoo_secret_path": str(folder / "secrets"),
            "odoo_secret_generate": True,
            **variables(region),
            "odoo_ca_file": str(authority / "ca.crt"),
            "odoo_kubernetes_patches": patches(**deployment),
        }
        self.shared = shared
        hosts: dict[str, dict[str, t.Any]] = {
            name: {"odoo_host": f"{name.replace('_', '-')}.example.com"} for name in names
        }
        groups = {"runtime_kubernetes": {"hosts": dict.fromkeys(names)}}
        inventory = {"tenants": {"vars": shared, "hosts": hosts, "children": groups}}
        self.inventory = folder / "hosts.yml"
        self.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def desired(self, name: str) -> Desired:
        """A tenant's objects as odoo_stack renders them, from the secrets and certificates a playbook has made."""
        declared = {key: value for key, value in self.shared.items() if key.startswith("odoo_")}
        whose = parse({**declared, "odoo_host": f"{name.replace('_', '-')}.example.com"}, host=name)
        issued, files = self.folder / "issued" / f"tenant-{name}", self.folder / "secrets" / name
        secrets = {purpose: (files / purpose).read_text(encoding="utf-8").strip() for purpose in PURPOSES}
        pair = {
            "certificate": (issued / "tls.crt").read_text(encoding="ascii"),
            "private_key": (issued / "tls.key").read_text(encoding="ascii"),
        }
        return render(whose, Secrets(**secrets, **pair), (self.folder / "ca/ca.crt").read_text(encoding="ascii"))

    def remove(self) -> None:
        labels = f"sysgenpro.odoo/region={self.region}"
        kubectl("delete", "namespaces", "-l", labels, "--wait=false", "--ignore-not-found")
        kubectl("wait", "namespaces", "-l", labels, "--for=delete", "--timeout=600s", check=False)
