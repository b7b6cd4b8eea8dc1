#!/usr/bin/env python3
"""A tenant's stack and drift on a cluster beside their peers: stack_noop_per_object, stack_noop_list, drift_200_tenants.

Needs KUBECONFIG, with rights to make namespaces, and an image with a shell (SYSGENPRO_ODOO_TEST_IMAGE, else busybox from a node).
BENCH_RUNS sets how often each side is measured (5), BENCH_METRICS which metrics (all), BENCH_TENANTS the size of the fleet (200).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import FIELD_MANAGER, OWNED, Ref
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import Secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.managed_fields import extract
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from kubernetes_cluster import cluster_image, kubectl
from measuring import Measured, median, result, run_playbook, runs, say

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired

PURPOSES = ("database", "redis", "s3_access_key", "s3_secret_key", "master")
WORKLOADS = ("web", "websocket", "cron", "queue")
REGION = "bench"
#: A pod that is ready at once: what is measured is the converge, not Odoo.
COMMAND = ["sh", "-c", "trap exit TERM; while true; do sleep 0.2; done"]


def container() -> dict[str, t.Any]:
    amount = {"cpu": "10m", "memory": "16Mi"}
    return {
        "name": "odoo",
        "image": cluster_image(),
        "command": COMMAND,
        "ports": [{"name": "http", "containerPort": 8069, "protocol": "TCP"}],
        "resources": {"requests": amount, "limits": amount},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def patches(**spec: t.Any) -> list[dict[str, t.Any]]:
    """Make each Deployment cheap; the cluster need not have the platform's priority classes."""
    pod = {"spec": {"containers": [container()], "priorityClassName": None}}
    patch = {"spec": {**spec, "template": pod}}
    return [{"kind": "Deployment", "name": name, "patch": patch} for name in WORKLOADS]


class Fleet:
    """An inventory of tenants in a folder, with a CA and secrets of its own."""

    def __init__(self, folder: Path, names: t.Sequence[str], **deployment: t.Any) -> None:
        self.folder, self.names = folder, names
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
            "odoo_region": REGION,
            "odoo_environment": "production",
            "odoo_tier": "standard",
            "odoo_runtime": "kubernetes",
            "odoo_place": "bench-cluster",
            "odoo_ca_file": str(authority / "ca.crt"),
            "odoo_image": f"registry.example.com/odoo@sha256:{'0' * 64}",
            "odoo_approved_registries": ["registry.example.com/"],
            "odoo_postgresql_clusters": {
                "shared": {"host": "192.0.2.1", "port": 6432, "primary_port": 5432, "max_connections": 1000000}
            },
            "odoo_redis_instances": {"shared": {"host": "192.0.2.1", "port": 6379}},
            "odoo_object_store": {"endpoint": "https://192.0.2.1:8333"},
            "odoo_smtp_host": "192.0.2.1",
            "odoo_kubernetes_patches": patches(**deployment),
        }
        self.shared = shared
        hosts = {name: {"odoo_host": f"{name.replace('_', '-')}.example.com"} for name in names}
        inventory = {"tenants": {"vars": shared, "hosts": hosts}}
        self.inventory = folder / "hosts.yml"
        self.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")

    def play(self, *arguments: str, expect: int = 0) -> Measured:
        return run_playbook("-i", str(self.inventory), *arguments, expect=expect)

    def desired(self, name: str) -> Desired:
        """A tenant's objects as odoo_stack renders them, from the secrets and certificates a playbook has made."""
        variables = {key: value for key, value in self.shared.items() if key.startswith("odoo_")}
        tenant = parse({**variables, "odoo_host": f"{name.replace('_', '-')}.example.com"}, host=name)
        issued, files = self.folder / "issued" / f"tenant-{name}", self.folder / "secrets" / name
        secrets = {purpose: (files / purpose).read_text(encoding="utf-8").strip() for purpose in PURPOSES}
        pair = {
            "certificate": (issued / "tls.crt").read_text(encoding="ascii"),
            "private_key": (issued / "tls.key").read_text(encoding="ascii"),
        }
        return render(tenant, Secrets(**secrets, **pair), (self.folder / "ca/ca.crt").read_text(encoding="ascii"))

    def remove(self) -> None:
        labels = f"sysgenpro.odoo/region={REGION}"
        kubectl("delete", "namespaces", "-l", labels, "--wait=false", "--ignore-not-found")
        kubectl("wait", "namespaces", "-l", labels, "--for=delete", "--timeout=600s", check=False)


def fleet(names: t.Sequence[str], folder: str, **deployment: t.Any) -> Fleet:
    made = Fleet(Path(folder), names, **deployment)
    made.remove()
    return made


STACK = "sysgenpro.odoo.odoo : Stack"


def stack_noop(wanted: t.Collection[str]) -> None:
    """The no-op of odoo_stack beside the same objects as tasks of kubernetes.core.k8s: one each, and one with the whole list."""
    with tempfile.TemporaryDirectory() as folder:
        tenant = fleet(["bench_tenant"], folder)
        ours = Path(folder, "ours.yml")
        include = {"name": "sysgenpro.odoo.odoo", "tasks_from": "stack"}
        ours.write_text(play("Ours", [{"name": "Stack", "ansible.builtin.include_role": include}]), encoding="utf-8")
        try:
            tenant.play(str(ours))
            objects = applied("bench-bench-tenant")
            peers = {
                "stack_noop_per_object": play("Peer", [k8s(f"Object {n}", item) for n, item in enumerate(objects)]),
                "stack_noop_list": play("Peer", [k8s("Objects", objects)]),
            }
            for metric in sorted(set(peers) & set(wanted)):
                peer = Path(folder, f"{metric}.yml")
                peer.write_text(peers[metric], encoding="utf-8")
                compare(metric, tenant, str(ours), str(peer), len(objects))
        finally:
            tenant.remove()


def compare(metric: str, tenant: Fleet, ours: str, peer: str, objects: int) -> None:
    first = tenant.play(peer)
    mine: list[float] = []
    theirs: list[float] = []
    changed = 0
    for number in range(runs()):
        measured = tenant.play(ours)
        mine.append(measured.tasks[STACK])
        other = tenant.play(peer)
        theirs.append(sum(other.tasks.values()))
        changed += measured.changed + other.changed
        say(f"{metric} {number + 1}/{runs()}: ours {mine[-1]:.2f} s, peer {theirs[-1]:.2f} s")
    result(
        metric,
        median(mine),
        "s",
        "ratio >= 40" if metric == "stack_noop_per_object" else "ratio >= 3",
        peer="kubernetes.core.k8s, "
        + ("a task an object" if metric == "stack_noop_per_object" else "one task, the whole list"),
        peer_value=median(theirs),
        ratio=round(median(theirs) / median(mine), 2),
        objects=objects,
        changed=changed,
        peer_changed_in_first_run=first.changed,
        runs={"ours": mine, "peer": theirs},
    )


def play(name: str, tasks: list[dict[str, t.Any]]) -> str:
    return yaml.safe_dump([{"name": name, "hosts": "tenants", "gather_facts": False, "tasks": tasks}], sort_keys=False)


def k8s(name: str, definition: t.Any) -> dict[str, t.Any]:
    """The same server-side apply, under the same field manager."""
    apply = {"definition": definition, "apply": True, "server_side_apply": {"field_manager": "sysgenpro.odoo"}}
    return {"name": name, "kubernetes.core.k8s": apply, "no_log": True}


def applied(namespace: str) -> list[dict[str, t.Any]]:
    """What was applied to a namespace, read back from the ownership of its fields: exactly what a peer must declare."""
    api = KubernetesApi(kubeconfig.load())
    own = api.get(Ref("v1", "Namespace", "", namespace))
    items = [*([own] if own else [])]
    for kind in OWNED:
        if kind.namespaced:
            items += api.select(kind, namespace=namespace) or []
    return [found for item in items for found in [extract(item, FIELD_MANAGER)] if found]


def drift_200_tenants() -> None:
    """The playbook drift over a fleet whose Deployments are paused, so that no pods are needed."""
    count = int(os.environ.get("BENCH_TENANTS", "200"))
    names = [f"bench_{number:04d}" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        tenants = fleet(names, folder, paused=True)
        report = Path(folder, "drift.json")
        arguments = ("playbooks/drift.yml", "-e", f"odoo_drift_report={report}")
        try:
            say(f"Applying {count} tenants")
            tenants.play(
                "playbooks/render.yml", "-e", f"odoo_gitops_path={folder}/tree"
            )  # makes secrets and certificates
            apply_all(tenants)
            seconds: list[float] = []
            for number in range(runs()):
                seconds.append(tenants.play(*arguments).seconds)
                say(f"drift_200_tenants {number + 1}/{runs()}: {seconds[-1]:.1f} s")
            reports = json.loads(report.read_text(encoding="utf-8"))
            # The negative control: one field of one object, changed by somebody, is the one finding.
            patch = '{"spec": {"ports": [{"port": 8069, "name": "http", "targetPort": "elsewhere"}]}}'
            namespace = f"{REGION}-{names[count // 2].replace('_', '-')}"
            kubectl("patch", "service", "web", "-n", namespace, "-p", patch, "--field-manager=somebody")
            tenants.play(*arguments, expect=2)
            found = [text for one in json.loads(report.read_text(encoding="utf-8")) for text in one["texts"]]
        finally:
            tenants.remove()
    result(
        "drift_200_tenants",
        median(seconds),
        "s",
        "<= 20 s",
        tenants=count,
        objects=sum(one["objects"] for one in reports),
        findings=sum(len(one["findings"]) for one in reports),
        comparison_seconds=[one["seconds"] for one in reports],
        control=found,
        runs=seconds,
    )


def apply_all(tenants: Fleet) -> None:
    """Apply every tenant, as odoo_stack would, without its process."""
    api = KubernetesApi(kubeconfig.load())
    for name in tenants.names:
        for manifest in tenants.desired(name).in_apply_order:
            api.apply(manifest)


def main() -> None:
    wanted = os.environ.get("BENCH_METRICS", "stack_noop_per_object,stack_noop_list,drift_200_tenants").split(",")
    if {"stack_noop_per_object", "stack_noop_list"} & set(wanted):
        stack_noop(wanted)
    if "drift_200_tenants" in wanted:
        drift_200_tenants()


if __name__ == "__main__":
    main()
