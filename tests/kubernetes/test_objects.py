"""What a tenant is rendered to, shown to a real API server: it takes every field, keeps it as it is, and finds nothing to do twice.

The cluster has Traefik's custom resources; no pod needs to start.
"""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import gitops
from rendered_tenants import FIELD_MANAGER, apply, kubectl, remove_namespaces, rendered

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired, Manifest

#: Everything that can be rendered, and as little as can be.
TENANTS: dict[str, dict[str, t.Any]] = {
    "full": {
        "odoo_cpus": 1.5,
        "odoo_database_replica": True,
        "odoo_kubernetes_web_replicas_max": 4,
        "odoo_kubernetes_egress": [{"network": "198.51.100.0/24", "port": 443}],
        "odoo_kubernetes_node_pools": {
            "web": {"node_selector": {"pool": "none"}, "tolerations": [{"key": "pool", "operator": "Exists"}]},
            "background": {"node_selector": {"pool": "none"}},
        },
        "odoo_kubernetes_patches": [
            {"kind": "Service", "name": "web", "patch": {"metadata": {"annotations": {"example.com/team": "shop"}}}}
        ],
    },
    "small": {"odoo_packing": "compact"},
}


def stored(manifest: Manifest) -> dict[str, t.Any]:
    group = manifest["apiVersion"].rpartition("/")[0]
    kind = f"{manifest['kind']}.{group}" if group else manifest["kind"]
    name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace", "")
    found: dict[str, t.Any] = json.loads(
        kubectl("get", kind, name, f"--namespace={namespace}", "--output=json", "--show-managed-fields")
    )
    return found


def differences(wanted: t.Any, found: t.Any, path: str) -> Iterator[str]:
    """Where ``found`` lacks or changes something that is ``wanted``; what the server adds is its own."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            yield from differences(value, found.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, value in enumerate(wanted):
            yield from differences(value, found[index], f"{path}[{index}]")
    elif wanted != found:
        yield f"{path}: {wanted!r} is stored as {found!r}"


@pytest.fixture(scope="module", params=sorted(TENANTS))
def desired(request: pytest.FixtureRequest) -> Iterator[Desired]:
    """A tenant's objects, applied; its namespace goes at the end."""
    wanted = rendered(request.param, "objects", **TENANTS[request.param])
    try:
        apply(wanted.in_apply_order)
        yield wanted
    finally:
        remove_namespaces(wanted.namespace)


def test_the_server_stores_every_field_as_it_is_written(desired: Desired) -> None:
    found = [
        difference
        for manifest in desired.in_apply_order
        for difference in differences(json.loads(json.dumps(manifest)), stored(manifest), f"{manifest['kind']}")
    ]
    assert found == []


def test_applying_again_changes_nothing(desired: Desired) -> None:
    def written() -> dict[tuple[str, str], list[str]]:
        """When the field manager last changed each object; controllers change theirs meanwhile."""
        return {
            (manifest["kind"], manifest["metadata"]["name"]): [
                entry["time"]
                for entry in stored(manifest)["metadata"]["managedFields"]
                if entry["manager"] == FIELD_MANAGER
            ]
            for manifest in desired.in_apply_order
        }

    before = written()
    apply(desired.in_apply_order)
    assert written() == before


def test_the_tree_for_gitops_is_what_was_applied(desired: Desired, tmp_path: Path) -> None:
    for name, text in gitops.tree(desired).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folder = str(tmp_path / gitops.folder(desired))
    arguments = ("diff", "--server-side", f"--field-manager={FIELD_MANAGER}", f"--kustomize={folder}")
    assert kubectl(*arguments) == ""
    web = tmp_path / gitops.folder(desired) / "service-web.yaml"
    web.write_text(web.read_text(encoding="utf-8").replace("port: 8069", "port: 8070"), encoding="utf-8")
    assert "8070" in kubectl(*arguments, status=1)


def test_the_namespace_refuses_a_pod_that_is_less_confined(desired: Desired) -> None:
    deployment = next(item for item in desired.objects if item["kind"] == "Deployment")
    template = json.loads(json.dumps(deployment["spec"]["template"]))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "trial", "namespace": desired.namespace},
        "spec": template["spec"],
    }
    for class_field in ("priorityClassName", "serviceAccountName"):
        pod["spec"].pop(class_field)
    arguments = ("create", "--dry-run=server", "--filename=-")
    kubectl(*arguments, given=pod)
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    assert "allowPrivilegeEscalation" in kubectl(*arguments, given=pod, status=1)
