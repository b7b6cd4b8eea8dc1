"""Broken inventories through ansible-playbook: refused before anything is touched, without a traceback, each error with its variable."""

from __future__ import annotations

import dataclasses
import subprocess
import typing as t

import pytest

if t.TYPE_CHECKING:
    from .conftest import Inventory

Break = t.Callable[["Inventory"], object]
SECRET = "correct-horse-battery-staple"


@dataclasses.dataclass(frozen=True)
class Case:
    """One way to break an inventory, and what its refusal must say. ``parsed`` is False where Ansible itself cannot read it."""

    name: str
    broken: Break
    says: tuple[str, ...]
    parsed: bool = True


def own(text: str, tenant: str = "acme") -> Break:
    """Write further lines into a tenant's file."""
    return lambda inventory: inventory.add(f"host_vars/{tenant}.yml", text)


def shared(**values: t.Any) -> Break:
    """Change what the region offers; None takes a variable away."""

    def change(inventory: Inventory) -> None:
        services = {**inventory.services(), **values}
        inventory.write("group_vars/tenants.yml", {key: value for key, value in services.items() if value is not None})

    return change


CASES = (
    Case("a tier that does not exist", own("odoo_tier: gold\n"), ("acme: odoo_tier='gold': must be one of standard",)),
    Case("an environment that does not exist", own("odoo_environment: live\n"), ("acme: odoo_environment='live'",)),
    Case("a region without a host", own("odoo_region: moon\n"), ("acme: odoo_place='local1'", "region 'local'", "'moon'")),
    Case("a place that is no host", own("odoo_place: nowhere\n"), ("acme: odoo_place='nowhere'", "docker_hosts", "local1")),
    Case("an unknown variable", own("odoo_wokers: 3\n"), ("acme: odoo_wokers is not a variable", "did you mean")),
    Case("an impossible size", own("odoo_web_workers: 0\n"), ("acme: odoo_web_workers=0: must be a whole number from 1 to 32",)),
    Case("a text where a number belongs", own("odoo_web_workers: many\n"), ("acme: odoo_web_workers='many': must be of type int",)),
    Case("a missing variable", shared(odoo_smtp_host=None), ("acme: odoo_smtp_host is required", "globex: odoo_smtp_host is required")),
    Case("a reference to nothing", own('odoo_country: "{{ of_the_region }}"\n'), ("acme: odoo_country", "of_the_region")),
    Case("a circular reference", own('odoo_country: "{{ a }}"\na: "{{ b }}"\nb: "{{ a }}"\n'), ("acme: odoo_country",)),
    Case("a variable that is itself", own('odoo_country: "{{ odoo_country }}"\n'), ("acme: odoo_country",)),
    Case("a template that is none", own('odoo_country: "{{ unclosed"\n'), ("odoo_country",)),
    Case("YAML that is not YAML", own("odoo_country: [FR\n"), ("flow sequence",), parsed=False),
    Case("a list where a map belongs", lambda inventory: inventory.write("host_vars/acme.yml", "- odoo_tier\n"), ("acme.yml",), parsed=False),
    Case("a host name of two tenants", own("odoo_host: globex.example.com\n"), ("acme, globex: odoo_host='globex.example.com'",)),
    Case("a database of two tenants", own("odoo_database: globex\n"), ("acme, globex: odoo_database='globex'",)),
    Case("a budget exceeded", own("odoo_web_workers: 32\n"), ("odoo_postgresql_clusters.shared.max_connections=300", "acme")),
    Case("a cluster that is not offered", own("odoo_postgresql_cluster: own\n"), ("acme: odoo_postgresql_cluster='own'", "shared")),
    Case(
        "a service without its port",
        shared(odoo_redis_instances={"shared": {"host": "192.0.2.1"}}),
        ("acme: odoo_redis_instances.shared: must have port",),
    ),
    Case(
        "a port that is none",
        shared(odoo_redis_instances={"shared": {"host": "192.0.2.1", "port": "tls"}}),
        ("acme: odoo_redis_instances.shared.port='tls'",),
    ),
    Case("an unapproved image", own("odoo_image: evil/odoo:1\n"), ("acme: odoo_image='evil/odoo:1'", "odoo_approved_registries")),
    Case("mail that leaves a copy", own("odoo_environment: staging\nodoo_mail_policy: relay\n"), ("acme: odoo_mail_policy='relay'",)),
    Case("secrets that are missing", shared(odoo_secret_generate=False), ("acme: odoo_secret_path=", "globex: odoo_secret_path=")),
    Case(
        "a secret in clear text",
        own(f"postgresql_password: {SECRET}\n"),
        ("acme: postgresql_password: is a secret", "ansible-vault encrypt_string --stdin-name postgresql_password", "acme.yml"),
    ),
    Case(
        "a secret inside a map",
        own(f"odoo_config: {{admin_passwd: {SECRET}}}\n"),
        ("acme: odoo_config.admin_passwd", "ansible-vault encrypt_string --stdin-name admin_passwd"),
    ),
    Case(
        "a secret under an unknown name",
        own(f"odoo_database_password: {SECRET}\n"),
        ("acme: odoo_database_password is not a variable", "ansible-vault"),
    ),
    Case("a login of Ansible's own", own(f"ansible_become_password: {SECRET}\n"), ("acme: ansible_become_password", "ansible-vault")),
    Case(
        "a key in a platform host's file",
        lambda inventory: inventory.write("host_vars/local1.yml", {"tls": "-----BEGIN PRIVATE KEY-----\nMII\n"}),
        ("local1: tls", "ansible-vault"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
@pytest.mark.parametrize("playbook", ["validate", "tenants"])
def test_a_broken_inventory_is_refused(inventory: Inventory, case: Case, playbook: str) -> None:
    case.broken(inventory)
    done = inventory.play(playbook)
    said = done.stdout + done.stderr
    flat = " ".join(said.split())
    assert done.returncode not in (0, 250), said
    assert "Traceback" not in said
    for text in case.says:
        assert text in flat, said
    assert SECRET not in said
    assert "changed=1" not in said
    assert not inventory.state.exists()
    assert not case.parsed or "The inventory is refused" in said


def test_all_errors_come_at_once_and_sorted(inventory: Inventory) -> None:
    inventory.add("host_vars/globex.yml", "odoo_tier: gold\n")
    inventory.add("host_vars/acme.yml", "odoo_web_workers: 0\nodoo_cpus: many\n")
    said = inventory.play("validate").stdout
    lines = [line.strip() for line in said.splitlines() if line.strip().startswith(("acme: ", "globex: "))][:3]
    assert lines == sorted(lines)
    assert [line.split("=")[0] for line in lines] == ["acme: odoo_cpus", "acme: odoo_web_workers", "globex: odoo_tier"]
    assert "host_vars/acme.yml:4" in said
    assert "host_vars/globex.yml:4" in said


def test_a_file_that_is_not_yaml_is_named(inventory: Inventory) -> None:
    """Where it is the first tenant's own, Ansible itself stops, and does not say which file."""
    inventory.add("host_vars/globex.yml", "odoo_country: [FR\n")
    said = " ".join(inventory.play("tenants").stdout.split())
    assert "globex: host_vars: cannot be read: YAML parsing failed" in said
    assert "host_vars/globex.yml:5)" in said


def vaulted(inventory: Inventory, *argv: str, text: str = "") -> str:
    """Run ansible-vault with a password of the test."""
    password = inventory.folder.parent / "vault"
    password.write_text("of the test", encoding="ascii")
    command = ["ansible-vault", argv[0], "--vault-password-file", str(password), *argv[1:]]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_the_command_that_is_told_makes_it_right(inventory: Inventory) -> None:
    encrypted = vaulted(inventory, "encrypt_string", "--stdin-name", "postgresql_password", text=SECRET)
    inventory.add("host_vars/acme.yml", f"{encrypted}\n")
    done = inventory.play("validate", "--vault-password-file", str(inventory.folder.parent / "vault"))
    assert done.returncode == 0, done.stdout


def test_a_file_that_is_vaulted_as_a_whole_is_no_clear_text(inventory: Inventory) -> None:
    inventory.write("host_vars/local1.yml", {"postgresql_password": SECRET})
    vaulted(inventory, "encrypt", str(inventory.folder / "host_vars/local1.yml"))
    done = inventory.play("validate", "--vault-password-file", str(inventory.folder.parent / "vault"))
    assert done.returncode == 0, done.stdout


def test_two_regions_that_claim_one_name(inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> None:
    from .conftest import Inventory as Another

    other = Another(tmp_path_factory.mktemp("other"))
    other.write("hosts.yml", {"tenants": {"hosts": {"acme": None, "initech": None}}})
    own_file = {"odoo_environment": "production", "odoo_tier": "standard", "odoo_host": "globex.example.com"}
    other.write("host_vars/initech.yml", own_file)
    (other.folder / "host_vars/globex.yml").unlink()
    said = " ".join(inventory.play("validate", sources=(other.folder,)).stdout.split())
    assert "globex, initech: odoo_host='globex.example.com': must belong to one tenant alone" in said
    assert "acme: inventory_hostname='acme': is declared by" in said


def test_the_whole_inventory_is_checked_whatever_the_limit(inventory: Inventory) -> None:
    inventory.add("host_vars/globex.yml", "odoo_tier: gold\n")
    for arguments in (("--limit", "acme"), ("--limit", "acme", "--check")):
        done = inventory.play("tenants", *arguments)
        assert "globex: odoo_tier='gold'" in done.stdout
        assert done.returncode == 2


def test_a_limit_that_matches_nothing_is_an_error(inventory: Inventory) -> None:
    done = inventory.play("tenants", "--limit", "nobody")
    assert done.returncode == 1
    assert "limit" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_good_inventory_is_accepted(inventory: Inventory) -> None:
    done = inventory.play("validate")
    assert done.returncode == 0, done.stdout
    assert not inventory.state.exists()
