"""The playbooks render (with odoo_render) and drift, and odoo_stack with GitOps, as a user runs them against a real cluster."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
import uuid
from pathlib import Path

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from kubernetes_cluster import kubectl, resource_versions
from kubernetes_fleet import PURPOSES, Fleet

ROOT = Path(__file__).resolve().parents[2]
STACK = yaml.safe_dump(
    [
        {
            "hosts": "tenants",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.include_role": {"name": "sysgenpro.odoo.odoo", "tasks_from": "stack"}}],
        }
    ]
)


class Played(t.NamedTuple):
    status: int
    out: str


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Fleet]:
    """Two tenants in a region of their own, rendered once, so that they have secrets and certificates, and applied."""
    region = f"gitops-{uuid.uuid4().hex[:6]}"
    # Paused Deployments: nothing here needs a pod.
    made = Fleet(tmp_path_factory.mktemp("fleet"), ["acme_production", "acme_staging"], region=region, paused=True)
    (made.folder / "stack.yml").write_text(STACK, encoding="utf-8")
    try:
        played = play(made, "playbooks/render.yml", "-e", f"odoo_gitops_path={made.folder}/tree")
        assert played.status == 0, played.out
        api = KubernetesApi(kubeconfig.load())
        for name in made.names:
            for manifest in made.desired(name).in_apply_order:
                api.apply(manifest)
        yield made
    finally:
        kubectl("delete", "namespaces", "-l", f"sysgenpro.odoo/region={region}", "--wait=false", "--ignore-not-found")


def play(fleet: Fleet, *arguments: str) -> Played:
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
    argv = ["ansible-playbook", "-i", str(fleet.inventory), *arguments]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return Played(done.returncode, done.stdout + done.stderr)


def tree(fleet: Fleet) -> dict[str, str]:
    root = fleet.folder / "tree"
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in root.rglob("*") if path.is_file()}


def secret_values(fleet: Fleet) -> list[str]:
    return [
        (fleet.folder / "secrets" / name / purpose).read_text(encoding="utf-8").strip()
        for name in fleet.names
        for purpose in PURPOSES
    ]


def test_the_tree_has_no_secret_and_a_second_render_changes_nothing(fleet: Fleet) -> None:
    files = tree(fleet)
    assert {path.split("/")[2] for path in files} == set(fleet.names)
    kinds = {document.get("kind") for text in files.values() for document in [yaml.safe_load(text)]}
    assert not {"Secret", "Job"} & kinds
    assert not any(value in text for text in files.values() for value in secret_values(fleet))
    played = play(fleet, "playbooks/render.yml", "-e", f"odoo_gitops_path={fleet.folder}/tree")
    assert "changed=0" in played.out
    assert tree(fleet) == files


def test_rendering_one_tenant_touches_no_other_and_names_strays(fleet: Fleet) -> None:
    stray = fleet.folder / "tree" / fleet.region / "production" / "gone_production"
    stray.mkdir()
    (stray / "kustomization.yaml").write_text("resources: []\n", encoding="utf-8")
    path = fleet.folder / "tree" / fleet.region / "production" / "acme_staging" / "service-web.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text("edited: true\n", encoding="utf-8")
    try:
        played = play(
            fleet, "playbooks/render.yml", "-e", f"odoo_gitops_path={fleet.folder}/tree", "--limit", "acme_production"
        )
        assert played.status == 0, played.out
        assert "gone_production" in played.out
        assert path.read_text(encoding="utf-8") == "edited: true\n"
        assert stray.is_dir()
    finally:
        path.write_text(text, encoding="utf-8")
        (stray / "kustomization.yaml").unlink()
        stray.rmdir()


def test_what_is_applied_from_the_tree_leaves_nothing_to_do(fleet: Fleet) -> None:
    folder = fleet.folder / "tree" / fleet.region / "production" / "acme_production"
    kubectl("apply", "--server-side", "--field-manager=sysgenpro.odoo", "-k", str(folder))
    played = play(fleet, "playbooks/drift.yml", "-e", f"odoo_gitops_path={fleet.folder}/tree")
    assert played.status == 0, played.out
    assert "are as declared" in played.out


def test_drift_ends_with_an_error_and_a_report_that_names_who(fleet: Fleet) -> None:
    namespace = f"{fleet.region}-acme-staging"
    patch = '{"spec": {"ports": [{"port": 8069, "name": "http", "targetPort": "elsewhere"}]}}'
    kubectl("patch", "service", "web", "-n", namespace, "-p", patch, "--field-manager=night-shift")
    report = fleet.folder / "drift.json"
    try:
        played = play(fleet, "playbooks/drift.yml", "-e", f"odoo_drift_report={report}")
        assert played.status == 2
        found = json.loads(report.read_text(encoding="utf-8"))[0]
        assert found["drifted"] == ["acme_staging"]
        assert [(one["subject"], one["field"], one["by"]) for one in found["findings"]] == [
            ("Service/web", "spec.ports[http].targetPort", "night-shift")
        ]
        assert "night-shift" in played.out
        assert not any(value in played.out + report.read_text(encoding="utf-8") for value in secret_values(fleet))
    finally:
        assert play(fleet, str(fleet.folder / "stack.yml"), "--limit", "acme_staging", "--check").status != 0
        api = KubernetesApi(kubeconfig.load())
        for manifest in fleet.desired("acme_staging").in_apply_order:
            api.apply(manifest, force=True)


def test_check_mode_shows_the_difference_and_no_secret(fleet: Fleet) -> None:
    namespace = f"{fleet.region}-acme-production"
    before = resource_versions(namespace)
    more = json.dumps({"odoo_config": {"limit_time_real": 301}})
    arguments = ("--limit", "acme_production", "--check", "--diff", "-e", more, "-vvv")
    played = play(fleet, str(fleet.folder / "stack.yml"), *arguments)
    assert played.status == 0, played.out
    assert "limit_time_real = 301" in played.out
    assert not any(value in played.out for value in secret_values(fleet))
    assert resource_versions(namespace) == before


def test_with_gitops_the_stack_applies_secrets_alone_and_refuses_the_rest(fleet: Fleet) -> None:
    namespace = f"{fleet.region}-acme-production"
    gitops = ("--limit", "acme_production", "-e", "odoo_kubernetes_delivery=gitops")
    kubectl("delete", "secret", "odoo", "-n", namespace)
    kubectl("delete", "service", "web", "-n", namespace)
    played = play(fleet, str(fleet.folder / "stack.yml"), *gitops)
    assert played.status == 0, played.out
    left = kubectl("get", "secrets,services", "-n", namespace, "-o", "name").split()
    assert "secret/odoo" in left
    assert "service/web" not in left
    (fleet.folder / "all.yml").write_text(all_of_it(), encoding="utf-8")
    played = play(fleet, str(fleet.folder / "all.yml"), *gitops)
    assert played.status == 2
    assert "odoo_kubernetes_delivery is gitops" in played.out
    assert "create Service/web" in played.out
    assert kubectl("get", "service", "web", "-n", namespace, "--ignore-not-found") == ""
    folder = fleet.folder / "tree" / fleet.region / "production" / "acme_production"
    kubectl("apply", "--server-side", "--field-manager=sysgenpro.odoo", "-k", str(folder))


def all_of_it() -> str:
    """A task that asks for everything, with the role's own variables."""
    task = {
        "sysgenpro.odoo.odoo_stack": {
            "tenant": "{{ __odoo_tenant }}",
            "secrets": "{{ __odoo_secrets }}",
            "scope": "all",
        }
    }
    variables = ROOT / "collections/ansible_collections/sysgenpro/odoo/roles/odoo/vars/main"
    files = sorted(str(path) for path in variables.glob("*.yml"))
    return yaml.safe_dump([{"hosts": "tenants", "gather_facts": False, "vars_files": files, "tasks": [task]}])
