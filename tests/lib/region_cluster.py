"""The cluster beside the local region: playbooks on both, and tenants' pods as kubectl sees them."""

from __future__ import annotations

import json
import typing as t

from kubernetes_cluster import kubectl
from local_region import ROOT
from region_tenant import run

if t.TYPE_CHECKING:
    import subprocess

    from region_tenant import Tenant

INVENTORIES = (
    *("-i", "inventories/catalogue"),
    *("-i", "inventories/local"),
    *("-i", "inventories/local-kubernetes"),
)
#: Where the cluster's Traefik answers on this machine, for clients that do not come through the region's.
EDGE = "127.0.0.1:30443"


def playbook(*arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook on the region and its cluster."""
    return run("ansible-playbook", *INVENTORIES, *arguments, timeout=timeout, cwd=ROOT)


def namespace(tenant: Tenant) -> str:
    return f"local-{tenant.name.replace('_', '-')}"


def pods(tenant: Tenant, workload: str = "") -> dict[str, str]:
    """Names of a tenant's pods that are not ending, each with its workload."""
    labels = f"sysgenpro.odoo/tenant={tenant.name}" + (f",sysgenpro.odoo/workload={workload}" if workload else "")
    items = json.loads(kubectl("get", "pods", "-n", namespace(tenant), "-l", labels, "-o", "json"))["items"]
    return {
        item["metadata"]["name"]: item["metadata"]["labels"]["sysgenpro.odoo/workload"]
        for item in items
        if not item["metadata"].get("deletionTimestamp")
    }
