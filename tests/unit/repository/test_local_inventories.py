"""The local inventories, as Ansible reads them together."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import typing as t

import pytest

if t.TYPE_CHECKING:
    from pathlib import Path

DIGEST = f"sha256:{'0' * 64}"
IMAGES = {"odoo": f"registry.cluster.internal/sysgenpro/odoo@{DIGEST}"}
#: Read from a tenant's variables once lookups and templates are resolved.
WANTED = (
    "odoo_runtime",
    "odoo_place",
    "odoo_image",
    "odoo_host",
    "odoo_web_replicas",
    "odoo_postgresql_clusters",
    "odoo_secret_path",
)
PLAY = f"""
- hosts: tenants
  gather_facts: false
  tasks:
    - sysgenpro.odoo.odoo_validate:
      run_once: true
    - ansible.builtin.copy:
        content: "{{{{ dict({list(WANTED)} | zip({list(WANTED)} | map('extract', hostvars[inventory_hostname]))) | to_json }}}}"
        dest: "{{{{ out }}}}/{{{{ inventory_hostname }}}}.json"
        mode: "0600"
      delegate_to: localhost
"""


@pytest.fixture
def inventories(tmp_path: Path, root: Path) -> Path:
    """A copy of the inventories, with images that nobody built."""
    for name in ("catalogue", "local", "local-kubernetes"):
        shutil.copytree(root / "inventories" / name, tmp_path / name, ignore=shutil.ignore_patterns(".secrets"))
    secrets = tmp_path / "local/.secrets/local"
    secrets.mkdir(parents=True)
    (secrets / "kubernetes-images.json").write_text(json.dumps(IMAGES))
    lock = {"odoo": {"image": "sysgenpro/odoo:19.0-0", "id": DIGEST, "input_hash": "0"}}
    (secrets / "images.json").write_text(json.dumps(lock))
    return tmp_path


def read(inventories: Path, root: Path) -> dict[str, dict[str, t.Any]]:
    """What each tenant is declared as; the whole inventory is valid."""
    out = inventories / "out"
    out.mkdir(exist_ok=True)
    (inventories / "play.yml").write_text(PLAY)
    sources = [part for name in ("catalogue", "local", "local-kubernetes") for part in ("-i", str(inventories / name))]
    done = subprocess.run(
        ["ansible-playbook", *sources, "-e", f"out={out}", str(inventories / "play.yml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}


def test_a_tenant_moves_to_the_cluster_by_its_runtime_alone(inventories: Path, root: Path) -> None:
    before = read(inventories, root)["acme_staging"]
    declared = inventories / "local/host_vars/acme_staging.yml"
    declared.write_text(declared.read_text().replace("odoo_runtime: docker", "odoo_runtime: kubernetes"))
    after = read(inventories, root)["acme_staging"]
    assert (before["odoo_runtime"], before["odoo_place"], before["odoo_image"]) == (
        "docker",
        "local1",
        "sysgenpro/odoo:19.0-0",
    )
    assert (after["odoo_runtime"], after["odoo_place"], after["odoo_image"]) == ("kubernetes", "k8s1", IMAGES["odoo"])
    same = set(WANTED) - {"odoo_runtime", "odoo_place", "odoo_image", "odoo_secret_path"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert os.path.realpath(after["odoo_secret_path"]) == os.path.realpath(before["odoo_secret_path"])


def test_the_clusters_tenants_take_nothing_from_those_on_docker(inventories: Path, root: Path) -> None:
    found = read(inventories, root)
    assert {name for name, tenant in found.items() if tenant["odoo_place"] == "k8s1"} == {
        "initech_production",
        "initech_staging",
    }
    assert {name for name, tenant in found.items() if tenant["odoo_place"] == "local1"} == {
        "acme_production",
        "acme_staging",
        "globex_production",
    }
