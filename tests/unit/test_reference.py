from __future__ import annotations

from pathlib import Path

import generate_reference
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import BY_NAME
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import NOT_OF_TENANTS

ROLE = Path(__file__).resolve().parents[2] / "collections/ansible_collections/sysgenpro/odoo/roles/odoo"


def test_what_is_generated_from_the_field_table_is_up_to_date() -> None:
    for path, content in generate_reference.outputs().items():
        assert path.read_text(encoding="utf-8") == content, f"run scripts/generate_reference.py: {path.name} differs"


def test_no_entry_point_has_an_option_that_a_tenant_would_be_refused_for() -> None:
    """Extra variables are every tenant's variables too."""
    specification = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    options = {name for entry in specification.values() for name in entry.get("options", {})}
    assert {name for name in options if name.startswith("odoo_")} - set(BY_NAME) <= NOT_OF_TENANTS
