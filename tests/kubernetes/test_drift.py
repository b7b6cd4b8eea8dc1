"""Drift on a real cluster: every kind of difference with who and since when, and silence where nothing differs."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import typing as t
import uuid
from pathlib import Path

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import drift, tree
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes_observe import observe
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.kubernetes import plan_kubernetes
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import gitops
from kubernetes_cluster import cluster_image, kubectl, resource_versions
from kubernetes_shop import Shop

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.drift import Finding


def client() -> KubernetesApi:
    return KubernetesApi(kubeconfig.load())


def apply(shop: Shop) -> None:
    """As odoo_stack does, without waiting."""
    api = client()
    for manifest in shop.desired.in_apply_order:
        api.apply(manifest)


def findings(shop: Shop, folder: str = "") -> list[Finding]:
    report = drift.kubernetes(client(), "cluster1", shop.region, [shop.desired], folder=folder, declared={shop.tenant})
    return report.findings


@pytest.fixture
def shop() -> t.Iterator[Shop]:
    name = f"drift-{uuid.uuid4().hex[:8]}"
    found = Shop(name, cluster_image(), region=name, waits=False)
    apply(found)
    yield found
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def test_what_is_as_declared_is_not_reported_and_nothing_is_written(shop: Shop) -> None:
    before = resource_versions(shop.namespace)
    report = drift.kubernetes(client(), "cluster1", shop.region, [shop.desired], declared={shop.tenant})
    assert report.findings == []
    assert (report.objects, report.strays) == (len(shop.desired.in_apply_order), [])
    assert resource_versions(shop.namespace) == before


def test_a_changed_field_is_reported_with_who_and_since_when(shop: Shop) -> None:
    patch = '{"spec": {"ports": [{"port": 8069, "name": "http", "targetPort": "elsewhere"}]}}'
    kubectl("patch", "service", "web", "-n", shop.namespace, "-p", patch, "--field-manager=night-shift")
    found = findings(shop)
    assert [(f.subject, f.field, f.declared, f.found, f.by) for f in found] == [
        ("Service/web", "spec.ports[http].targetPort", "http", "elsewhere", "night-shift")
    ]
    assert found[0].since.startswith("20")
    assert "night-shift" in str(found[0])


def test_a_removed_field_has_no_owner_and_the_report_says_so(shop: Shop) -> None:
    kubectl(
        "patch",
        "configmap",
        "notes",
        "-n",
        shop.namespace,
        "--type=json",
        "-p",
        '[{"op": "remove", "path": "/data/a"}]',
    )
    assert [(f.field, f.declared, f.found) for f in findings(shop)] in (
        [("data.a", "1", None)],
        [("data", {"a": "1"}, None)],
    )
    assert "no owner" in findings(shop)[0].by


def test_a_missing_object_and_one_that_nobody_declares_are_reported(shop: Shop) -> None:
    kubectl("delete", "configmap", "notes", "-n", shop.namespace)
    kubectl("create", "service", "externalname", "more", "--external-name=example.com", "-n", shop.namespace)
    labels = [f"{key}={value}" for key, value in shop.labels.items()]
    kubectl("label", "service", "more", "-n", shop.namespace, *labels)
    found = {(f.subject, f.difference, f.by) for f in findings(shop)}
    assert ("ConfigMap/notes", "is missing", "") in found
    assert any(subject == "Service/more" and said == "is not declared" and by for subject, said, by in found)


def test_what_somebody_added_is_reported(shop: Shop) -> None:
    kubectl("set", "env", "deployment/web", "DEBUG=1", "-n", shop.namespace, "--field-manager=developer")
    found = [f for f in findings(shop) if f.by == "developer"]
    assert any("env" in f.field and "DEBUG" in json.dumps([f.field, f.declared, f.found]) for f in found), found


def test_a_secret_differs_without_its_values(shop: Shop) -> None:
    kubectl("patch", "secret", "odoo", "-n", shop.namespace, "-p", '{"stringData": {"password": "stolen"}}')
    report = drift.kubernetes(client(), "cluster1", shop.region, [shop.desired], declared={shop.tenant}).public()
    assert [f["field"] for f in report["findings"]] == ["data.password"]
    text = json.dumps(report)
    assert not any(value in text for value in ("stolen", "c3RvbGVu", "not-to-be-seen", "bm90LXRvLWJlLXNlZW4="))


def test_replicas_of_an_autoscaler_are_no_drift(shop: Shop) -> None:
    scaled = dataclasses.replace(shop, replicas=2, maximum=4)
    api = client()
    for step in plan_kubernetes(scaled.desired, observe(api, scaled.desired)):
        if step.action != "await_ready":
            api.apply(step.manifest, manager=step.manager, force=step.force)
    kubectl("scale", "deployment", "web", "-n", shop.namespace, "--replicas=3")
    assert findings(scaled) == []


def test_a_tenant_that_nobody_declares_is_a_stray(shop: Shop) -> None:
    report = drift.kubernetes(client(), "cluster1", shop.region, [], declared=set())
    assert report.strays == [shop.tenant]


class Tree(t.NamedTuple):
    """A tenant whose Secrets alone are applied, and the folder of the tree that has the rest."""

    shop: Shop
    root: Path

    def apply(self, *options: str) -> None:
        """As a GitOps controller does."""
        kubectl("apply", "--server-side", *options, "-k", str(self.root / gitops.folder(self.shop.desired)))


@pytest.fixture
def in_git(tmp_path: Path) -> t.Iterator[Tree]:
    name = f"drift-{uuid.uuid4().hex[:8]}"
    shop = labelled(Shop(name, cluster_image(), region=name, waits=False))
    try:
        apply_secrets(shop)
        tree.write(str(tmp_path), [shop.desired], check=False)
        yield Tree(shop, tmp_path)
    finally:
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def test_a_tree_applied_under_the_same_field_manager_leaves_an_empty_plan(in_git: Tree) -> None:
    in_git.apply("--field-manager=sysgenpro.odoo")
    assert plan_kubernetes(in_git.shop.desired, observe(client(), in_git.shop.desired)) == ()
    assert findings(in_git.shop, str(in_git.root)) == []


def test_a_tree_applied_by_another_manager_is_no_drift(in_git: Tree) -> None:
    in_git.apply("--force-conflicts", "--field-manager=argocd-controller")
    assert findings(in_git.shop, str(in_git.root)) == []


def test_a_tree_that_was_edited_is_reported_by_file_and_field(tmp_path: Path) -> None:
    shop = labelled(Shop("drift-tree", "busybox", region="drift-tree"))
    tree.write(str(tmp_path), [shop.desired], check=False)
    again = tree.write(str(tmp_path), [shop.desired], check=False)
    assert (again["changed"], again["diff"]) == (False, [])
    folder = tmp_path / gitops.folder(shop.desired)
    path = folder / "deployment-web.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("replicas: 1", "replicas: 7"), encoding="utf-8")
    (folder / "service-web.yaml").unlink()
    (folder / "more.yaml").write_text("a: 1\n", encoding="utf-8")
    files = tree.read(str(tmp_path), shop.desired)
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import drift as plan

    found = plan.rendered(shop.tenant, gitops.tree(shop.desired), files, tree.parse)
    assert [(Path(f.subject).name, f.difference, f.field, f.declared, f.found) for f in found] == [
        ("deployment-web.yaml", "differs", "spec.replicas", 1, 7),
        ("more.yaml", "is not declared", "", None, None),
        ("service-web.yaml", "is missing", "", None, None),
    ]
    back = tree.write(str(tmp_path), [shop.desired], check=False)
    assert [Path(name).name for name in (*back["written"], *back["removed"])] == [
        "deployment-web.yaml",
        "service-web.yaml",
        "more.yaml",
    ]


def labelled(shop: Shop) -> Shop:
    """Files of ConfigMaps are named after their workload."""
    return dataclasses.replace(shop, without=("notes",))


def apply_secrets(shop: Shop) -> None:
    api = client()
    for manifest in shop.desired.in_apply_order[:2]:
        api.apply(manifest)


def test_the_client_is_imported_in_less_than_the_kubernetes_library_takes() -> None:
    """What a module pays before its first request: none of the dear packages may come in by accident."""
    package = "ansible_collections.sysgenpro.odoo.plugins.module_utils"
    code = f"import sys; import {package}._converge.kubernetes, {package}._adapters.kubeconfig; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": "collections"}, capture_output=True, text=True, check=True
    )
    assert not {"kubernetes", "requests", "urllib3", "yaml", "docker"} & set(done.stdout.split())
