"""The file that new_tenant writes: at most ten lines that say what was decided."""

from __future__ import annotations

import typing as t

import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import classification
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import tenant_file
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.from_regex(classification.WORD, fullmatch=True)
CLASSIFICATIONS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.integers(*bounds) for name, bounds in classification.BOUNDS.items()},
        "customisation": st.sampled_from(classification.CUSTOMISATION),
        "compliance": st.lists(WORDS, max_size=classification.WORDS),
    },
)


@given(
    CLASSIFICATIONS,
    st.sampled_from(["docker", "kubernetes"]),
    st.sampled_from(["shared", "dedicated"]),
    st.none() | st.just("second"),
    WORDS,
)
def test_ten_lines_say_everything(
    given_: dict[str, t.Any], runtime: str, model: str, cluster: str | None, place: str
) -> None:
    declared = {
        "odoo_region": "eu-west",
        "odoo_environment": "production",
        "odoo_tier": "enterprise",
        "odoo_hosting_model": model,
        "odoo_runtime": runtime,
        "odoo_place": place,
        "odoo_host": "acme.example.com",
        "odoo_classification": given_,
        **({"odoo_postgresql_cluster": cluster} if cluster else {}),
    }
    text = tenant_file.text(declared)
    assert text.startswith("---\n")
    assert text.endswith("\n")
    assert len(text.splitlines()) <= tenant_file.LINES
    wanted = {name: value for name, value in declared.items() if value}
    assert {**tenant_file.DEFAULTS, **yaml.safe_load(text)} == wanted
    # Lines are wider than yamllint wants only where the file has no line left.
    assert max(map(len, text.splitlines())) <= tenant_file.WIDTH or len(text.splitlines()) == tenant_file.LINES
