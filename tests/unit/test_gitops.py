from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import gitops, yaml_text
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from hypothesis import example, given
from hypothesis import strategies as st

from . import factories
from .kubernetes_strategies import holds_for_every_tenant

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

CA = "the region's CA\nin two lines\n"
LINES = st.lists(st.text(alphabet="ab #:-|>'\"%\t\\é", max_size=6), max_size=4).map("\n".join)
TEXT = st.one_of(st.text(max_size=8), LINES, LINES.map(lambda text: f"{text}\n"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


def files(tenant: Tenant) -> dict[str, str]:
    return gitops.tree(render(tenant, factories.SECRETS, CA))


@holds_for_every_tenant
def test_the_tree_says_what_is_applied_in_its_order(tenant: Tenant) -> None:
    desired = render(tenant, factories.SECRETS, CA)
    written = gitops.tree(desired)
    folder = f"{tenant.region}/{tenant.environment}/{tenant.tenant}"
    kustomization = yaml.safe_load(written[f"{folder}/kustomization.yaml"])
    assert [yaml.safe_load(written[f"{folder}/{name}"]) for name in kustomization["resources"]] == list(desired.objects)
    assert len(written) == len(desired.objects) + 1


@holds_for_every_tenant
def test_there_is_neither_a_secret_nor_a_job_in_git(tenant: Tenant) -> None:
    text = "".join(files(tenant).values())
    for value in ("-password", "access-key", "secret-key", "PRIVATE KEY"):
        assert value not in text
    assert "kind: Secret" not in text
    assert "kind: Job" not in text


def test_an_object_that_must_not_be_in_git_is_refused() -> None:
    desired = render(factories.on_kubernetes(), factories.SECRETS, CA)
    with pytest.raises(ValueError, match="Secret odoo must not be written to git"):
        gitops.tree(dataclasses.replace(desired, objects=desired.in_apply_order))


def test_a_changed_option_changes_two_files_and_renames_none() -> None:
    before, after = (
        files(factories.on_kubernetes()),
        files(factories.on_kubernetes(odoo_config={"limit_time_real": 240})),
    )
    assert list(before) == list(after)
    before, after = files(factories.on_kubernetes()), files(factories.on_kubernetes(odoo_cron_threads=3))
    assert [name.rsplit("/", 1)[1] for name in before if before[name] != after[name]] == [
        "configmap-cron.yaml",
        "deployment-cron.yaml",
    ]


def test_configuration_stands_in_git_as_it_is_read() -> None:
    text = files(factories.on_kubernetes())["local/production/acme_production/configmap-web.yaml"]
    assert "\n  odoo.conf: |\n    [options]\n" in text
    assert "\n    workers = 2\n\n    [session_redis]\n" in text
    assert not [line for line in text.split("\n") if line.endswith(" ")]


@given(st.dictionaries(TEXT, VALUES, max_size=4))
@example(
    {"a": "no", "b": "1e3", "c": "0o7", "d": "~", "e": "2026-01-01", "f": "=", "g": "<<", "y": "null", "1:2": "12:30"}
)
@example(
    {
        "a": "x\n y\n",
        "b": " x\ny\n",
        "c": "x\n\n",
        "d": "\nx\n",
        "e": "x\ny",
        "f": "x \ny\n",
        "g": "---\n...\n",
        "h": "#\n#\n",
    }
)
@example({"a": 1e22, "b": -5e-324, "c": 0.1})
@example({"a": [[], [{}], [[1, {"b": "c\nd\n"}]], {"e": [{"f": None}]}]})
def test_what_is_written_is_read_back(value: dict[str, t.Any]) -> None:
    assert yaml.safe_load(yaml_text.document(value)) == value


def test_keys_that_say_what_an_object_is_stand_first() -> None:
    written = yaml_text.document(
        {"spec": {"a": 1}, "metadata": {"labels": {}, "name": "x"}, "kind": "K", "apiVersion": "v1"}
    )
    assert written == "apiVersion: v1\nkind: K\nmetadata:\n  name: x\n  labels: {}\nspec:\n  a: 1\n"
    assert written == yaml_text.document(json.loads(json.dumps(yaml.safe_load(written))))
