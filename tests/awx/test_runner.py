"""Job templates as AWX launches them: the project's layout, its inventory, survey answers as extra variables, ansible-runner."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

import pytest
import yaml
from awx_job import Done, Item, copy_repository, environment, inventory_script, launch
from kubernetes_fleet import variables

from .conftest import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

#: What somebody answers to the questions that have no default.
ANSWERS: Item = {
    "cluster": "shared",
    "odoo_confirm": "acme_production",
    "odoo_import_path": "/srv/backup.zip",
    "odoo_gitops_path": "/tmp/gitops",  # never written: the playbook is only read
    "odoo_recovery_reference": "recovery-points/acme_production/20260131T120000Z",
    "odoo_restore_from": "globex_production",
    "postgresql_confirm": "shared",
    "postgresql_restore_target_time": "2026-01-31 12:00:00+00:00",
    "tenant": "acme_production",
}
NAMES = [
    item["name"]
    for path in sorted((ROOT / "awx/job_templates").glob("*.yml"))
    for item in yaml.safe_load(path.read_text()).get("job_templates", [])
]
Launch = t.Callable[..., Done]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as AWX checks it out, with a region beside the examples that needs no machine."""
    copy = copy_repository(ROOT, tmp_path_factory.mktemp("project"))
    region = copy / "inventories/nowhere"
    (region / "group_vars").mkdir(parents=True)
    state = tmp_path_factory.mktemp("nowhere")
    shared = {
        **variables("nowhere"),
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "certificates_path": str(state),
        "odoo_secret_path": str(state / "secrets"),
        "odoo_secret_generate": True,
    }
    (region / "group_vars/all.yml").write_text(yaml.safe_dump(shared))
    tenants = {name: {"odoo_host": f"{name}.example.com"} for name in ("first", "second")}
    members = {"db1": {"postgresql_cluster": "shared"}}
    groups = {"tenants": {"hosts": tenants}, "postgresql": {"hosts": members}}
    (region / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    (region / "tenant_groups.yml").write_text((copy / "inventories/local/tenant_groups.yml").read_text())
    authority(state / "ca")
    return copy


def authority(directory: Path) -> None:
    """A CA, as the role certificates makes it."""
    directory.mkdir()
    key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=nowhere"]
    files = ["-keyout", str(directory / "ca.key"), "-out", str(directory / "ca.crt")]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    subprocess.run([*key, *usage, *files], check=True, capture_output=True)


@pytest.fixture(scope="module")
def inventories(project: Path, document: Item, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The scripts of the regions local and nowhere; the second is declared as the first is."""
    nowhere = json.loads(
        json.dumps(document).replace('"local', '"nowhere').replace("inventories/local", "inventories/nowhere")
    )
    return {
        name: inventory_script(declared, name, project, tmp_path_factory.mktemp(name))
        for name, declared in (("local", document), ("nowhere", nowhere))
    }


@pytest.fixture
def run(project: Path, inventories: dict[str, Path], modules: Item, tmp_path: Path) -> Launch:
    """Launch a job template by name."""
    templates = {item["name"]: item for item in modules["job_templates"]}

    def launched(name: str, region: str, given: Item | None = None, **prompts: t.Any) -> Done:
        directory = tmp_path / f"job{len(list(tmp_path.iterdir()))}"
        return launch(directory, project, inventories[region], templates[name], given or {}, **prompts)

    return launched


def host_variables(project: Path, host: str, *inventories: str | Path) -> Item:
    options = [option for inventory in inventories for option in ("-i", str(inventory))]
    command = ["ansible-inventory", *options, "--host", host]
    done = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=True)
    return t.cast("Item", json.loads(done.stdout))


def test_every_host_has_the_variables_that_both_sources_give_it(project: Path, inventories: dict[str, Path]) -> None:
    """The priorities of the catalogue's groups survive AWX's database: a tier wins over its environment there too."""
    for host in ("acme_production", "globex_production", "acme_staging", "db1", "local1"):
        direct = host_variables(project, host, "inventories/catalogue", "inventories/local")
        assert host_variables(project, host, inventories["local"]) == direct, host
    assert "odoo_cron_threads" in host_variables(project, "acme_production", inventories["local"])


@pytest.mark.parametrize("name", NAMES)
def test_its_playbook_is_read_with_the_answers(run: Launch, modules: Item, name: str) -> None:
    template = next(item for item in modules["job_templates"] if item["name"] == name)
    asked = {question["variable"] for question in template.get("survey", []) if "default" not in question}
    prompts: dict[str, t.Any] = {"limit": "acme_production"} if template.get("limit") == "name-one-tenant" else {}
    if template.get("limit") == "kubernetes_clusters":  # the region has none
        prompts = {"limit": "all"}
    done = run(name, "local", {variable: ANSWERS[variable] for variable in asked}, cmdline="--syntax-check", **prompts)
    assert done.status == 0, done.out
    assert f"playbook: {template['playbook']}" in done.out


def test_a_template_that_wants_one_tenant_reaches_nobody_before_one_is_named(run: Launch) -> None:
    done = run("Resume", "local")
    assert done.status != 0
    assert "name-one-tenant" in done.out
    assert "no hosts to target" in done.out


def test_render_writes_the_tree_once(run: Launch, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    given = {"odoo_gitops_path": str(tree)}
    first = run("Render", "nowhere", given)
    assert first.status == 0, first.out
    assert {path.name for path in tree.rglob("*") if path.name in ("first", "second")} == {"first", "second"}
    again = run("Render", "nowhere", given, limit="first")
    assert again.status == 0, again.out
    assert "changed=0" in again.out


def test_tenants_refuses_an_inventory_before_anything_is_asked(
    run: Launch, inventories: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken/hosts"
    broken.parent.mkdir()
    broken.write_text(inventories["nowhere"].read_text().replace('"first.example.com"', '"second.example.com"'))
    broken.chmod(0o700)
    inventories["broken"] = broken
    done = run("Tenants", "broken", {"odoo_batch": "1"}, limit="first")
    assert done.status != 0
    assert "The inventory is refused" in done.out
    assert "second.example.com" in done.out


def test_a_name_that_was_typed_wrong_stops_a_decommission(run: Launch) -> None:
    wrong = run("Decommission", "nowhere", {"tenant": "third", "odoo_confirm": "third"})
    assert wrong.status != 0
    assert "must be the tenant to remove, one of first, second" in wrong.out
    other = run("Decommission", "nowhere", {"tenant": "first", "odoo_confirm": "second"})
    assert other.status != 0
    assert "odoo_confirm=second: must be the tenant's name, first, to remove it" in other.out


@pytest.mark.parametrize("name", ["Switchover", "Restart PostgreSQL", "Upgrade PostgreSQL"])
def test_an_unknown_cluster_is_said_with_those_there_are(run: Launch, name: str) -> None:
    done = run(name, "nowhere", {"cluster": "share"})
    assert done.status != 0
    assert "cluster=share: must be one of shared" in done.out


@pytest.mark.parametrize("reason", [{}, {"odoo_filestore_mode": "deep"}])
def test_an_answer_outside_the_choices_is_refused_by_the_role_too(run: Launch, reason: Item) -> None:
    done = run("Check files", "nowhere", {**reason, "odoo_filestore_mode": "deeper"}, limit="first")
    assert done.status != 0
    assert "deeper" in done.out
