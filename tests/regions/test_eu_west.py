"""The example region eu-west on a machine of its own for each of its hosts, from the registry it names.

The machines are containers with systemd and a Docker engine inside. What the inventory says is taken as it stands, but for how
the machines are reached, the folder of the controller and the digests, which tests/regions/eu_west adds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DECLARED = Path("inventories/eu-west")
#: Each tenant's name for browsers and the machine that serves it.
TENANTS = {
    "acme_production": ("acme.eu.example.com", "10.10.0.11"),
    "acme_dev": ("acme-dev.eu.example.com", "10.10.0.12"),
    "acme_qa": ("acme-qa.eu.example.com", "10.10.0.12"),
    "acme_staging": ("acme-staging.eu.example.com", "10.10.0.12"),
    "acme_training": ("acme-training.eu.example.com", "10.10.0.11"),
    "acme_uat": ("acme-uat.eu.example.com", "10.10.0.12"),
    "globex_production": ("globex.eu.example.com", "10.10.0.13"),
    "globex_staging": ("globex-staging.eu.example.com", "10.10.0.11"),
}


class Region:
    """The region's playbooks, and its machines."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = {
            **os.environ,
            "REGION_STATE": str(state),
            "MOLECULE_PROJECT_DIRECTORY": str(ROOT),
            "ANSIBLE_FORCE_COLOR": "0",
        }

    def run(self, playbook: str, *arguments: str, declared: Path = DECLARED) -> subprocess.CompletedProcess[str]:
        """Run a playbook on the inventory, or on another in its place."""
        sources = ["inventories/catalogue", str(declared), "tests/regions/eu_west"]
        argv = ["ansible-playbook", *(word for source in sources for word in ("-i", source)), playbook, *arguments]
        return subprocess.run(
            argv, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=2400, check=False
        )

    def play(self, playbook: str, *arguments: str, declared: Path = DECLARED) -> str:
        """Run a playbook, which must succeed, and return what it said."""
        done = self.run(playbook, *arguments, declared=declared)
        assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"
        return done.stdout

    def on(self, machine: str, *argv: str) -> str:
        """Run a program on a machine, which is a container named by its address."""
        done = subprocess.run(["docker", "exec", machine, *argv], capture_output=True, text=True, check=True)
        return done.stdout

    def get(self, host: str, machine: str, path: str) -> tuple[int, str]:
        """Status and body of a page, over TLS that the region's authority vouches for."""
        argv = ["curl", "--silent", "--show-error", "--max-time", "60", "--resolve", f"{host}:443:{machine}"]
        argv += ["--cacert", str(self.state / "ca/ca.crt"), "--write-out", "\n%{http_code}", f"https://{host}{path}"]
        body, status = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.rsplit("\n", 1)
        return int(status), body


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    made = Region(tmp_path_factory.mktemp("eu-west"))
    made.play("tests/regions/down.yml")
    try:
        made.play("tests/regions/up.yml")
        yield made
    finally:
        if not os.environ.get("REGION_KEEP"):
            made.play("tests/regions/down.yml")


def test_the_region_comes_up_from_its_inventory(region: Region) -> None:
    said = region.play("playbooks/site.yml")
    assert "8 tenants: 0 as declared, 8 to converge" in said


def test_a_second_run_changes_nothing(region: Region) -> None:
    recap = region.play("playbooks/site.yml").split("PLAY RECAP", 1)[1]
    assert "changed=0" in recap
    assert [line for line in recap.splitlines() if "changed=" in line and "changed=0 " not in line] == []


@pytest.mark.parametrize("name", TENANTS)
def test_a_tenant_answers_at_its_place(region: Region, name: str) -> None:
    host, machine = TENANTS[name]
    status, body = region.get(host, machine, "/web/login")
    assert status == 200
    assert 'name="login"' in body
    assert region.get(host, machine, "/web/database/manager")[0] != 200
    # The name belongs to that place alone.
    other = "10.10.0.12" if machine != "10.10.0.12" else "10.10.0.11"
    assert region.get(host, other, "/web/login")[0] == 404


def test_a_machine_has_the_images_of_what_it_runs(region: Region) -> None:
    def components(machine: str) -> set[str]:
        listed = region.on(machine, "docker", "image", "ls", "--digests", "--format", "{{.Repository}}").split()
        return {name.rsplit("/", 1)[1] for name in listed}

    assert components("10.10.0.21") == {"etcd", "postgresql"}
    assert components("10.11.0.41") == {"seaweedfs"}
    assert "odoo" in components("10.10.0.11")


def test_every_image_came_by_digest_from_the_registry(region: Region) -> None:
    lock = json.loads((region.state / "images.json").read_text())
    assert all(entry["image"].startswith("registry.example.com/") for entry in lock.values())
    for machine in ("10.10.0.11", "10.10.0.21", "10.10.0.31"):
        running = region.on(machine, "docker", "ps", "--format", "{{.Image}}").split()
        assert running
        assert [image for image in running if "@sha256:" not in image] == []


def test_the_members_of_a_cluster_are_on_three_machines_and_follow_each_other(region: Region) -> None:
    name = region.on("10.10.0.21", "docker", "ps", "--format", "{{.Names}}", "--filter", "name=postgresql").split()[0]
    listed = region.on("10.10.0.21", "docker", "exec", name, "patronictl", "-c", "/etc/patroni", "list", "-f", "json")
    members = json.loads(listed)
    assert sorted(member["Host"].split(":")[0] for member in members) == ["10.10.0.21", "10.10.0.22", "10.10.0.23"]
    assert sorted(member["Role"] for member in members) == ["Leader", "Quorum Standby", "Quorum Standby"] or sorted(
        member["Role"] for member in members
    ) == ["Leader", "Replica", "Sync Standby"]


def test_a_tenant_moves_to_another_machine(region: Region) -> None:
    """It comes with what it holds, tenants waits until it has moved, and nothing of it stays."""
    name, host = "acme_training", "acme-training.eu.example.com"
    declared = region.state / "moved"
    shutil.copytree(ROOT / DECLARED, declared)
    file = declared / f"host_vars/{name}.yml"
    file.write_text(file.read_text().replace("odoo_place: euw_app1", "odoo_place: euw_app2"))

    refused = region.run("playbooks/tenants.yml", "--limit", name, declared=declared)
    assert refused.returncode != 0
    assert "euw_app1" in refused.stdout
    assert region.get(host, "10.10.0.11", "/web/login")[0] == 200

    region.play("playbooks/relocate.yml", "-e", f"tenant={name}", "-e", f"odoo_confirm={name}", declared=declared)
    assert region.get(host, "10.10.0.12", "/web/login")[0] == 200
    assert region.get(host, "10.10.0.11", "/web/login")[0] == 404
    label = f"label=sysgenpro.odoo/tenant={name}"
    assert region.on("10.10.0.11", "docker", "ps", "--all", "--quiet", "--filter", label) == ""
    assert region.on("10.10.0.12", "docker", "ps", "--quiet", "--filter", label) != ""
    said = region.play("playbooks/tenants.yml", declared=declared)
    assert "8 tenants: 8 as declared, 0 to converge" in said
