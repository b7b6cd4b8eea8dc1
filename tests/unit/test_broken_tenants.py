"""Broken tenants, ten thousand of them in ./test.sh fleet: the model refuses each with a text that names host and variable, and never breaks itself."""

from __future__ import annotations

import os
import re
import typing as t

import hypothesis
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import BY_NAME, FIELDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import docker
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import render as kubernetes
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from hypothesis import strategies as st

from . import factories

HOST = "acme_production"
EXAMPLES = int(os.environ.get("BROKEN_TENANTS", "300"))
NAMES = sorted(BY_NAME)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", " ", "{{ x }}", "-1", "٣"]),
)
#: What YAML can say, keys of other types than text included.
KEYS = st.one_of(
    st.text(max_size=8), st.integers(), st.booleans(), st.sampled_from(["host", "port", "shared", "endpoint", "kind"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
#: Values that are nearly right: of the right type, and right elsewhere.
NEARLY = st.one_of(
    st.integers(-2, 100000),
    st.sampled_from(
        ["shared", "docker", "kubernetes", "dedicated", "production", "gold", "local1", "a.b", "10.0.0.0/8", "/x"]
    ),
    st.dictionaries(
        st.sampled_from(["shared", "own", "web", "options", "endpoint"]),
        st.dictionaries(
            st.sampled_from(["host", "port", "primary_port", "max_connections", "replica_port"]), SCALARS, max_size=5
        ),
        max_size=2,
    ),
    st.lists(
        st.dictionaries(st.sampled_from(["kind", "name", "patch", "network", "port"]), SCALARS, max_size=3), max_size=2
    ),
)
BROKEN = st.dictionaries(st.sampled_from(NAMES), st.one_of(NEARLY, ANYTHING), min_size=1, max_size=6)
UNKNOWN = st.dictionaries(st.from_regex(r"odoo_[a-z_]{1,12}", fullmatch=True), SCALARS, max_size=2)
MISSING = st.sets(st.sampled_from([field.name for field in FIELDS if field.required]), max_size=3)
RUNTIMES = st.sampled_from([{}, factories.KUBERNETES])


@hypothesis.settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(runtime=RUNTIMES, broken=BROKEN, unknown=UNKNOWN, missing=MISSING)
def test_a_broken_tenant_is_refused_by_name(
    runtime: dict[str, t.Any], broken: dict[str, t.Any], unknown: dict[str, t.Any], missing: set[str]
) -> None:
    variables = {**factories.variables(**runtime), **unknown, **broken}
    variables = {name: value for name, value in variables.items() if name not in missing}
    problems: list[str] = []
    try:
        accepted(parse(variables, host=HOST))
    except InvalidTenant as error:
        problems = error.problems or ["refused without a word"]
    for problem in problems:
        said = re.match(r"acme_production: (odoo_\w+)(\b|\.|\[|=)", problem)
        assert said, problem
        assert said[1] in BY_NAME or said[1] in variables, problem


def accepted(tenant: Tenant) -> None:
    """What is accepted must be usable: the rules between tenants hold for it, alone and beside a neighbour."""
    neighbour = factories.tenant("globex_production", odoo_host="globex.example.com")
    for problem in fleet.problems([tenant, neighbour]):
        assert re.search(r": odoo_\w+", problem), problem
    if tenant.runtime == "docker":
        assert docker.render(tenant, factories.SECRETS, "a CA\n").sets
    elif not kubernetes.problems(tenant):
        assert kubernetes.render(tenant, factories.SECRETS, "a CA\n").objects
