"""The example regions: complete, valid, of the declared precedence, and what leads out of them is refused."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from example_regions import REGIONS, ROOT, ExampleRegions, said

if t.TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = {"dev", "qa", "uat", "training", "staging", "production"}
#: From the weakest to the strongest.
LAYERS = (
    "all",
    "runtime_docker",
    "env_production",
    "region_eu_west",
    "place_euw_app1",
    "tier_premium",
    "acme_production",
)


@pytest.fixture
def regions(tmp_path: Path) -> ExampleRegions:
    return ExampleRegions(tmp_path)


def tenants() -> list[Path]:
    files = [
        path for region in (*REGIONS, "local") for path in (ROOT / "inventories" / region / "host_vars").glob("*.yml")
    ]
    return [path for path in files if "odoo_environment" in yaml.safe_load(path.read_text())]


@pytest.mark.parametrize("path", tenants(), ids=lambda path: path.stem)
def test_a_tenant_is_a_file_of_at_most_ten_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 10


def test_the_examples_show_every_environment_and_hosting_model() -> None:
    shown = [yaml.safe_load(path.read_text()) for path in tenants()]
    assert {entry["odoo_environment"] for entry in shown} == ENVIRONMENTS
    assert {(entry["odoo_runtime"], entry["odoo_hosting_model"]) for entry in shown} >= {
        ("docker", "shared"),
        ("docker", "dedicated"),
        ("kubernetes", "shared"),
    }
    # Hybrid: one customer with both.
    models = {path.stem: entry["odoo_hosting_model"] for path, entry in zip(tenants(), shown, strict=True)}
    assert (models["globex_production"], models["globex_staging"]) == ("dedicated", "shared")


@pytest.mark.parametrize("loaded", [("eu-west",), ("us-east",), REGIONS], ids="+".join)
def test_the_examples_are_valid_alone_and_together(regions: ExampleRegions, loaded: tuple[str, ...]) -> None:
    result = regions.validate(*loaded)
    assert result.returncode == 0, said(result)
    assert "failed=0" in result.stdout
    # Each region's store is asked about its own buckets, whoever else is loaded.
    stores = {"eu-west": "eu-west=euw_svc2", "us-east": "us-east=use_svc2"}
    assert f"stores {' '.join(stores[name] for name in loaded)}" in result.stdout


def test_the_greater_priority_wins_and_never_the_alphabet(regions: ExampleRegions) -> None:
    """Probe number n is set by the layers up to the n-th, each with its own name."""
    files = {
        "tier_premium": "catalogue/tiers.yml",
        "region_eu_west": "eu-west/region.yml",
        "place_euw_app1": "eu-west/places.yml",
    }
    for position, layer in enumerate(LAYERS):
        probes = {f"probe_{number}": layer for number in range(position, len(LAYERS))}
        if layer == "acme_production":
            regions.change("eu-west/host_vars/acme_production.yml", **probes)
        elif layer == "all":
            regions.change("catalogue/probes.yml", all={"vars": probes})
        else:
            regions.change_group(files.get(layer, "catalogue/hosts.yml"), layer, **probes)
    for loaded in (("eu-west",), ("us-east", "eu-west"), ("eu-west", "us-east")):
        result = regions.run("ansible-inventory", *regions.sources(*loaded), "--host", "acme_production")
        known = json.loads(result.stdout)
        assert [known[f"probe_{number}"] for number in range(len(LAYERS))] == list(LAYERS)


def test_every_way_out_is_refused_at_once_with_its_path(regions: ExampleRegions) -> None:
    regions.change("eu-west/host_vars/euw_vault1.yml", residency_location="us-east")
    options = {"log-driver": "gelf", "log-opts": {"gelf-address": "udp://logs.example.org:12201"}}
    regions.change("eu-west/host_vars/euw_app1.yml", docker_host_daemon_options=options)
    result = regions.validate("eu-west")
    text = said(result)
    assert result.returncode != 0
    refused = {"backup": "is in us-east", "copy": "is in us-east", "logs": "is at a location nobody declares"}
    ways = {
        "backup": "odoo_postgresql_cluster=shared → euw_db1 → postgresql_backup_repositories[1] 10.11.0.41 (euw_vault1)",
        "copy": "euw_svc1 → attachments_copy_destination.endpoint=https://10.11.0.41:8333 (euw_vault1)",
        "logs": "docker_host_daemon_options.log-opts.gelf-address=udp://logs.example.org:12201",
    }
    starts = {
        "backup": "acme_production: ",
        "copy": "acme_production: odoo_object_store → attachments https://10.10.0.32:8333 (euw_svc2) → ",
        "logs": "acme_production: odoo_place=euw_app1 → logs of euw_app1 → ",
    }
    for kind, way in ways.items():
        assert f"{starts[kind]}{way} {refused[kind]}" in text
        assert f"residency rule 'personal data of the EU' keeps {kind} within eu (eu-central, eu-west)" in text
    # Of another place: no logs of it leave.
    assert "acme_staging: odoo_place=euw_app2 → logs" not in text


def test_a_service_outside_of_the_inventory_is_located(regions: ExampleRegions) -> None:
    store = {"endpoint": "https://s3.eu-central-1.example.com", "region": "eu-central-1", "storage_gb": 100}
    regions.change_group("eu-west/region.yml", "region_eu_west", odoo_object_store=store)
    assert "attachments https://s3.eu-central-1.example.com is at a location nobody declares" in said(
        regions.validate("eu-west")
    )
    known = {".eu-central-1.example.com": "eu-central"}
    regions.change_group("eu-west/region.yml", "region_eu_west", residency_locations=known)
    result = regions.validate()
    assert result.returncode == 0, said(result)


def test_a_file_that_cannot_be_read_leaves_its_tenant_in_sight(regions: ExampleRegions) -> None:
    regions.file("eu-west", "acme_dev").write_text("---\nodoo_environment: [dev\nodoo_tier: standard\n")
    result = regions.validate("eu-west")
    assert result.returncode != 0
    assert "acme_dev.yml cannot be read" in said(result)


def test_only_files_of_tenants_make_tenants_and_their_groups(regions: ExampleRegions) -> None:
    regions.change(
        "eu-west/host_vars/odd_dev.yml", odoo_environment="dev", odoo_region="eu-west", odoo_tier="{{ nothing }}"
    )
    result = regions.run("ansible-inventory", *regions.sources("eu-west"), "--list")
    groups = json.loads(result.stdout)
    assert "odd_dev" in groups["tenants"]["hosts"]
    assert "odd_dev" in groups["env_dev"]["hosts"]
    assert "odd_dev" in groups["region_eu_west"]["hosts"]
    assert not [name for name in groups if "{" in name or "nothing" in name]
    assert "euw_db1" not in groups["tenants"]["hosts"]
