"""new_tenant and rebalance, run for real on the example regions."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from example_regions import ExampleRegions, said

if t.TYPE_CHECKING:
    import subprocess
    from pathlib import Path

ANSWERS = {
    "tenant_name": "newco_production",
    "tenant_environment": "production",
    "tenant_host": "newco.eu.example.com",
    "tenant_region": "eu-west",
    "tenant_transactions_per_hour": "900",
    "tenant_peak_concurrency": "30",
    "tenant_integrations": "3",
    "tenant_compliance": "gdpr",
    "tenant_recovery_time_objective": "7200",
    "tenant_budget": "900",
}


@pytest.fixture
def regions(tmp_path: Path) -> ExampleRegions:
    return ExampleRegions(tmp_path)


def new_tenant(regions: ExampleRegions, *arguments: str, **answers: str) -> subprocess.CompletedProcess[str]:
    given = {**ANSWERS, **answers}
    extra = [word for name, value in given.items() if value for word in ("-e", f"{name}={value}")]
    return regions.playbook("new_tenant", *extra, *arguments)


def inventory_files(regions: ExampleRegions) -> dict[str, str]:
    return {str(path): path.read_text() for path in regions.directory.rglob("host_vars/*.yml")}


def test_a_tenant_is_placed_written_valid_and_stays(regions: ExampleRegions) -> None:
    file = regions.file("eu-west", "newco_production")
    shown = new_tenant(regions, "--check", "--diff")
    assert shown.returncode == 0, said(shown)
    assert "+odoo_host: newco.eu.example.com" in shown.stdout
    assert not file.exists()

    result = new_tenant(regions)
    assert result.returncode == 0, said(result)
    assert "changed=1" in result.stdout
    text = file.read_text()
    assert len(text.splitlines()) <= 10
    declared = yaml.safe_load(text)
    # 30 people and two hours are too much for tier standard; enterprise does not fit the shared cluster any more.
    assert declared["odoo_tier"] == "premium"
    assert declared["odoo_hosting_model"] == "shared"
    assert declared["odoo_place"] in ("euw_app1", "euw_app2")
    assert declared["odoo_classification"]["compliance"] == ["gdpr"]
    assert "peak_concurrency=30: tier standard serves 24" in said(result)
    assert "euw_app3 is dedicated to globex_production" in said(result)
    valid = regions.validate()
    assert valid.returncode == 0, said(valid)

    # Another place would be chosen now; who has one stays there.
    other = {"euw_app1": "euw_app2", "euw_app2": "euw_app1"}[declared["odoo_place"]]
    capacity = {"memory_mb": 1048576, "cpus": 512}
    regions.change(f"eu-west/host_vars/{other}.yml", placement_capacity=capacity)
    again = new_tenant(regions)
    assert again.returncode == 0, said(again)
    assert "changed=0" in again.stdout
    assert file.read_text() == text

    refused = new_tenant(regions, tenant_budget="100", tenant_host="other.example.com")
    assert refused.returncode != 0
    assert "odoo_host is 'newco.eu.example.com', not 'other.example.com'" in said(refused)
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("answers", "texts"),
    [
        (
            {"tenant_name": "New-Co", "tenant_environment": "prod", "tenant_host": "newco", "tenant_budget": "much"},
            (
                "tenant='New-Co': must be lower-case words",
                "environment='prod': must be one of dev, qa",
                "host='newco': must be a DNS name",
                "budget is a whole number",
            ),
        ),
        ({"tenant_name": "", "tenant_host": ""}, ("tenant is required", "host is required")),
        ({"tenant_name": "euw_db1"}, ("tenant='euw_db1': must not be the name of another host of the inventory",)),
        ({"tenant_region": "eu-north"}, ("No place has region='eu-north'", "euw_app1 (eu-west, docker, shared)")),
        ({"tenant_host": "acme.eu.example.com"}, ("No candidate is accepted", "must belong to one tenant alone")),
        ({"tenant_region": "us-east"}, ("residency rule 'personal data of the EU' keeps",)),
        ({"tenant_compliance": "pci-dss"}, ("(rule 'card data has services of its own')", "euw_app3 is dedicated to")),
        ({"tenant_budget": "40"}, ("budget=40: a month costs",)),
    ],
    ids=["answers", "missing", "host", "region", "taken", "residency", "rule", "budget"],
)
def test_what_cannot_be_is_refused_with_its_reasons(
    regions: ExampleRegions, answers: dict[str, str], texts: tuple[str, ...]
) -> None:
    before = inventory_files(regions)
    result = new_tenant(regions, **answers)
    assert result.returncode != 0
    for text in texts:
        assert text in said(result)
    assert "Traceback" not in said(result)
    assert inventory_files(regions) == before


def test_a_file_in_the_way_is_not_overwritten(regions: ExampleRegions) -> None:
    regions.change("eu-west/host_vars/newco_production.yml", something="else")
    result = new_tenant(regions)
    assert result.returncode != 0
    assert "exists and declares no tenant of group tenants" in said(result)


def test_a_free_place_of_its_own_is_found_for_card_data(regions: ExampleRegions) -> None:
    hosts = regions.directory / "eu-west/hosts.yml"
    hosts.write_text(hosts.read_text().replace("        euw_app3:\n", "        euw_app3:\n        euw_app4:\n"))
    host = yaml.safe_load(regions.file("eu-west", "euw_app3").read_text())
    regions.change("eu-west/host_vars/euw_app4.yml", **{**host, "docker_host_private_address": "10.10.0.14"})
    places = regions.directory / "eu-west/places.yml"
    places.write_text(places.read_text() + "    place_euw_app4: {hosts: {euw_app4: }}\n")
    own = {"odoo_postgresql_cluster": "newco", "odoo_redis_instance": "newco"}
    like = regions.group("eu-west/places.yml", "place_euw_app3")
    regions.change_group("eu-west/places.yml", "place_euw_app4", **{**like, **own})
    region = regions.group("eu-west/region.yml", "region_eu_west")
    clusters, redis = region["odoo_postgresql_clusters"], region["odoo_redis_instances"]
    regions.change_group(
        "eu-west/region.yml",
        "region_eu_west",
        odoo_postgresql_clusters={**clusters, "newco": clusters["globex"]},
        odoo_redis_instances={**redis, "newco": redis["globex"]},
    )
    result = new_tenant(regions, tenant_compliance="gdpr,pci-dss", tenant_budget="5000")
    assert result.returncode == 0, said(result)
    declared = yaml.safe_load(regions.file("eu-west", "newco_production").read_text())
    assert (declared["odoo_place"], declared["odoo_hosting_model"]) == ("euw_app4", "dedicated")
    assert regions.validate().returncode == 0


def test_rebalance_proposes_and_moves_nobody(regions: ExampleRegions) -> None:
    quiet = regions.playbook("rebalance")
    assert quiet.returncode == 0, said(quiet)
    assert "No move would gain enough" in quiet.stdout

    regions.change("eu-west/host_vars/euw_app1.yml", placement_capacity={"memory_mb": 8192, "cpus": 16})
    before = inventory_files(regions)
    result = regions.playbook("rebalance")
    assert result.returncode == 0, said(result)
    assert '"from": "euw_app1"' in result.stdout
    assert '"to": "euw_app2"' in result.stdout
    assert "euw_app1: memory_mb: " in said(result)
    assert "changed=0" in result.stdout
    assert inventory_files(regions) == before


def test_a_region_that_reads_no_tenants_files_is_told_what_it_lacks(regions: ExampleRegions) -> None:
    (regions.directory / "eu-west/tenants.yml").unlink()
    result = new_tenant(regions)
    assert result.returncode != 0
    assert "was written, but makes no tenant: give its region a tenants.yml" in said(result)


def test_another_shared_cluster_is_used_where_the_first_is_full(regions: ExampleRegions) -> None:
    """The file then names the cluster, which is no other line's consequence."""
    region = regions.group("eu-west/region.yml", "region_eu_west")
    clusters = region["odoo_postgresql_clusters"]
    full = {**clusters["shared"], "max_connections": 560}
    known = {**clusters, "shared": full, "second": clusters["globex"]}
    regions.change_group("eu-west/region.yml", "region_eu_west", odoo_postgresql_clusters=known)
    result = new_tenant(regions)
    assert result.returncode == 0, said(result)
    text = regions.file("eu-west", "newco_production").read_text()
    assert "odoo_postgresql_cluster: second" in text
    assert len(text.splitlines()) <= 10
    assert regions.validate().returncode == 0


@pytest.mark.parametrize("module", ["odoo_placement", "odoo_rebalance"])
def test_a_wrong_policy_is_refused_before_anybody_is_placed(regions: ExampleRegions, module: str) -> None:
    asked = {"tenant": "newco_dev", "environment": "dev", "host": "newco.example.com"}
    arguments = {
        **(asked if module == "odoo_placement" else {}),
        "policy": {"weights": {"luck": 1}, "limits": {"share": 2}},
    }
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{f"sysgenpro.odoo.{module}": arguments}]}
    playbook = regions.directory / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    result = regions.run("ansible-playbook", *regions.sources(), str(playbook))
    assert result.returncode != 0
    assert "placement_policy.weights.luck: must be one of headroom" in said(result)
    assert "placement_policy.limits.share=2: must be a number from 0 to 1" in said(result)


def test_a_place_that_declares_nonsense_is_named(regions: ExampleRegions) -> None:
    regions.change("eu-west/host_vars/euw_app1.yml", placement_capacity={"memory_mb": "much", "cpus": 4})
    result = new_tenant(regions)
    assert result.returncode != 0
    assert "euw_app1: placement_capacity.memory_mb='much': must be a number above 0" in said(result)
