"""Job templates of AWX's definition, launched as AWX does, on the local region. None of them loses anything."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_definition import read
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_modules import for_modules
from awx_job import Item, copy_repository, inventory_script, launch
from local_region import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

SCHEMA = ROOT / "collections/ansible_collections/sysgenpro/odoo/roles/awx/files/schema.json"


@pytest.fixture(scope="module")
def document() -> Item:
    return read(ROOT / "awx", json.loads(SCHEMA.read_text())).document


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_repository(ROOT, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def inventory(document: Item, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The region's script. What the region keeps beside its inventory is there for the jobs too."""
    script = inventory_script(document, "local", project, tmp_path_factory.mktemp("local"))
    (script.parent / ".secrets").symlink_to(ROOT / "inventories/local/.secrets")
    return script


@pytest.mark.parametrize(
    ("name", "given", "prompts"),
    [
        pytest.param("Health", {}, {"limit": "acme_production"}, id="health"),
        pytest.param("Tenants", {"odoo_batch": "1"}, {"limit": "acme_production", "job_type": "check"}, id="plan"),
        pytest.param("Tenants", {}, {"limit": "tier_standard"}, id="tenants"),
        pytest.param("Drift", {}, {"limit": "acme_production"}, id="drift"),
        pytest.param(
            "Recovery point", {"odoo_recovery_reason": "a test"}, {"limit": "acme_staging"}, id="recovery_point"
        ),
        pytest.param("Recovery points", {}, {"limit": "acme_staging"}, id="recovery_points"),
        pytest.param("Check files", {"odoo_filestore_mode": "deep"}, {"limit": "acme_staging"}, id="files"),
        pytest.param("Backup", {"type": "incr"}, {"limit": "globex_backup1"}, id="backup"),
        pytest.param("Resume", {"odoo_restore_release": ["crons"]}, {"limit": "acme_staging"}, id="resume"),
    ],
)
def test_a_job_template_works_on_the_region(
    document: Item, project: Path, inventory: Path, tmp_path: Path, name: str, given: Item, prompts: dict[str, t.Any]
) -> None:
    template = next(item for item in for_modules(document)["job_templates"] if item["name"] == name)
    done = launch(tmp_path / "job", project, inventory, template, given, **prompts)
    assert done.status == 0, done.out[-4000:]
    assert "failed=0" in done.out
