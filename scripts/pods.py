"""The pods of a region as its cluster knows them, in the form of its containers."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

from region import LABEL, Container

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "collections"))


def state(pod: dict[str, t.Any]) -> str:
    """Return ``healthy`` for a ready pod, else its phase, or ``ending``."""
    if pod["metadata"].get("deletionTimestamp"):
        return "ending"
    status = pod.get("status", {})
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
    return "healthy" if ready else str(status.get("phase", "unknown")).lower()


def parse(found: list[dict[str, t.Any]]) -> list[Container]:
    """Return the pods of a list, ordered by name; Jobs that ended are none of what runs."""
    rows = []
    for pod in found:
        labels = pod["metadata"].get("labels", {})
        if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            continue
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        component, tenant = labels.get("app.kubernetes.io/name", ""), labels.get(f"{LABEL}tenant", "")
        rows.append(Container(pod["metadata"]["uid"], name, component, tenant, state(pod)))
    return sorted(rows, key=lambda row: row.name)


def pods(kubeconfig: Path, region: str) -> list[Container]:
    """Return the region's pods, or none where there is no cluster or it does not answer."""
    if not kubeconfig.is_file():
        return []
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig as access
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import POD, REGION_LABEL
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

    try:
        api = KubernetesApi(access.load(str(kubeconfig)), timeout=10)
        return parse(api.select(POD, labels={REGION_LABEL: region}) or [])
    except OdooError as error:
        print(f"The cluster's pods are not shown: {error}", file=sys.stderr)
        return []
