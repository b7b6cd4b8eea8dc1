#!/usr/bin/env python3
"""A tenant's stack and drift on a cluster beside their peers: stack_noop_per_object, stack_noop_list, drift_200_tenants; and the
tenants of the local region there: rollout_failed_requests, new_tenant.

Needs KUBECONFIG, with rights to make namespaces, and an image with a shell (SYSGENPRO_ODOO_TEST_IMAGE, else one that a node has);
the last two need ./quickstart.sh kubernetes to have run.
BENCH_RUNS sets how often each side is measured (5), BENCH_METRICS which metrics (all), BENCH_TENANTS the size of the fleet (200).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path

import tenant_life
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import FIELD_MANAGER, OWNED, Ref
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.managed_fields import extract
from kubernetes_cluster import kubectl
from kubernetes_fleet import Fleet
from measuring import Measured, median, result, run_playbook, runs, say
from region_cluster import EDGE, namespace, pods
from region_cluster import INVENTORIES as CLUSTER_INVENTORIES
from region_tenant import CLUSTER_TENANTS
from tenant_life import odoo_config, rollout_result, under_load

REGION = "bench"
SHOP = CLUSTER_TENANTS[0]


class MeasuredFleet(Fleet):
    """A fleet whose playbooks are measured."""

    def play(self, *arguments: str, expect: int = 0) -> Measured:
        return run_playbook("-i", str(self.inventory), *arguments, expect=expect)


def fleet(names: t.Sequence[str], folder: str, **deployment: t.Any) -> MeasuredFleet:
    made = MeasuredFleet(Path(folder), names, region=REGION, **deployment)
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


def compare(metric: str, tenant: MeasuredFleet, ours: str, peer: str, objects: int) -> None:
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


def apply_all(tenants: MeasuredFleet) -> None:
    """Apply every tenant, as odoo_stack would, without its process."""
    api = KubernetesApi(kubeconfig.load())
    for name in tenants.names:
        for manifest in tenants.desired(name).in_apply_order:
            api.apply(manifest)


def new_tenant() -> None:
    """As on Docker; the new name is not one that Docker's Traefik hands on, so the cluster's own is asked."""
    tenant_life.new_tenant("kubernetes", "--connect-to", f"{tenant_life.BENCH_HOST}:443:{EDGE}")


def rollout_failed_requests() -> None:
    """Requests that fail while another configuration and another image roll, and of those sent while a pod is killed the ones
    that fail twice. The negative control kills all web pods at once.
    """
    seconds = float(os.environ.get("BENCH_SECONDS", "75"))
    image = another_image()
    changes = (("-e", odoo_config(0)), ("-e", f"odoo_image={image}"))
    ours = under_load(SHOP.name, SHOP.host, seconds, lambda: roll(*changes))
    roll(())
    killed = under_load(SHOP.name, SHOP.host, 60.0, lambda: kill(next(iter(pods(SHOP, "web")))))
    settle()
    control = under_load(SHOP.name, SHOP.host, 30.0, lambda: kill(*pods(SHOP, "web")))
    settle()
    rollout_result(
        ours,
        control,
        "all web pods killed at once (negative control)",
        pod_killed={
            "bound": "0 fail twice, 0 sessions lost",
            "requests": killed.requests,
            "failed": killed.failed,
            "failed_twice": killed.failed_twice,
            "sessions_lost": killed.sessions_lost,
            "errors": killed.errors[:5],
        },
        control_failed_twice=control.failed_twice,
        rolled=["configuration", "image"],
        runs=1,
    )


def roll(*changes: t.Sequence[str]) -> None:
    """One rollout after the other, each with its extra variables."""
    for change in changes:
        run_playbook(*CLUSTER_INVENTORIES, "playbooks/tenants.yml", "--limit", SHOP.name, *change)


def kill(*names: str) -> None:
    """As a node that is lost does it: without a word to the processes."""
    kubectl("delete", "pod", "-n", namespace(SHOP), "--grace-period=0", "--force", "--wait=false", *names)


def settle() -> None:
    kubectl("rollout", "status", "deployment/web", "-n", namespace(SHOP), "--timeout=300s")


def another_image() -> str:
    """The tenant's image under another digest: the same layers in a manifest of the other format."""
    container = "{.spec.template.spec.containers[0].image}"
    now = kubectl("get", "deployment", "web", "-n", namespace(SHOP), "-o", f"jsonpath={container}")
    repository, digest = now.split("@")
    registry = os.environ.get("BENCH_REGISTRY", "127.0.0.1:15000")
    source = f"docker://{registry}/{repository.partition('/')[2]}"
    with tempfile.NamedTemporaryFile(mode="r", encoding="ascii") as written:
        copy = ["skopeo", "copy", "--quiet", "--format=oci", "--src-tls-verify=false", "--dest-tls-verify=false"]
        subprocess.run([*copy, f"--digestfile={written.name}", f"{source}@{digest}", f"{source}:bench"], check=True)
        return f"{repository}@{written.read().strip()}"


METRICS = {
    "drift_200_tenants": drift_200_tenants,
    "rollout_failed_requests": rollout_failed_requests,
    "new_tenant": new_tenant,
}
NOOPS = ("stack_noop_per_object", "stack_noop_list")


def main() -> None:
    wanted = os.environ.get("BENCH_METRICS", ",".join([*NOOPS, *METRICS])).split(",")
    if set(NOOPS) & set(wanted):
        stack_noop(wanted)
    for metric in METRICS:
        if metric in wanted:
            METRICS[metric]()


if __name__ == "__main__":
    main()
