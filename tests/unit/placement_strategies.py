"""Fleets, places and policies of every accepted shape, for properties of placement."""

from __future__ import annotations

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import placement_policy, places
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.residency import Flows, Residency
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.placement import Candidate, World
from hypothesis import strategies as st

from . import factories

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.placement import Place, Policy
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

CLUSTERS = {
    name: {
        "host": "192.0.2.1",
        "port": 6432,
        "primary_port": 5500,
        "max_connections": connections,
        "reserved_connections": 10,
        "storage_gb": 500,
    }
    for name, connections in (("shared", 900), ("second", 500), ("own", 600))
}
STORE = {"endpoint": "https://192.0.2.1:8333", "storage_gb": 2000}

CLASSIFICATIONS = st.fixed_dictionaries(
    {},
    optional={
        "transactions_per_hour": st.integers(0, 20_000),
        "peak_concurrency": st.integers(0, 150),
        "integrations": st.integers(0, 12),
        "customisation": st.sampled_from(["low", "medium", "high"]),
        "compliance": st.lists(st.sampled_from(["gdpr", "pci-dss", "sox"]), max_size=2, unique=True),
        "recovery_point_objective": st.sampled_from([0, 120, 600, 3600]),
        "recovery_time_objective": st.sampled_from([0, 1800, 7200, 86400]),
        "budget": st.sampled_from([0, 50, 200, 5000]),
        "database_gb": st.integers(1, 200),
        "attachments_gb": st.integers(0, 500),
        "peak_factor": st.integers(1, 5),
    },
)


def variables(place: str, classification: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    return {
        "odoo_place": place,
        "odoo_host": "shop.example.com",
        "odoo_postgresql_clusters": CLUSTERS,
        "odoo_object_store": STORE,
        "odoo_classification": classification,
        **changes,
    }


def tenant(name: str, place: str, classification: dict[str, t.Any], **changes: t.Any) -> Tenant:
    return factories.tenant(name, **{**variables(place, classification), **changes})


@st.composite
def tenants(draw: st.DrawFn, name: str, place: str) -> Tenant:
    return tenant(
        name,
        place,
        draw(CLASSIFICATIONS),
        odoo_packing=draw(st.sampled_from(["separate", "compact"])),
        odoo_web_replicas=draw(st.integers(1, 3)),
        odoo_web_workers=draw(st.integers(1, 4)),
        odoo_postgresql_cluster=draw(st.sampled_from(["shared", "second"])),
    )


@st.composite
def place_sets(draw: st.DrawFn) -> dict[str, Place]:
    """Two to four shared hosts of one region."""
    found = {}
    for index in range(1, draw(st.integers(2, 4)) + 1):
        memory = draw(st.sampled_from([8192, 16384, 65536]))
        declared = {
            "memory_mb": memory,
            "cpus": draw(st.sampled_from([4, 8, 16])),
            "reserved": {"memory_mb": memory // 8},
        }
        found[f"app{index}"] = places.parse(f"app{index}", "local", "docker", declared)
    return found


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 8) -> World:
    """Places with tenants on them, crowded ones too: what an inventory says, not what a policy would accept."""
    found = draw(place_sets())
    names = [f"t{index}_production" for index in range(draw(st.integers(0, most)))]
    fleet = tuple(draw(tenants(name, draw(st.sampled_from(sorted(found))))) for name in names)
    return world(found, fleet)


def world(found: dict[str, Place], fleet: tuple[Tenant, ...], residency: Residency | None = None) -> World:
    units = {unit.name: unit for place in found.values() for unit in place.units}
    for one in (*fleet, tenant("nobody", "app1", {})):
        units.update({unit.name: unit for unit in places.services(one)})
    return World(found, units, fleet, residency or Residency(Flows({}, {}), {}))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    numbers = st.sampled_from([0, 0.5, 1, 4])
    written = {
        "weights": {
            "headroom": draw(st.sampled_from([1, 4])),
            "cost": draw(numbers),
            "fit": draw(numbers),
            "stay": draw(numbers),
        },
        "limits": {"share": draw(st.sampled_from([0.2, 0.5, 1])), "tenants": draw(st.sampled_from([2, 50]))},
        "rebalance": {"gain": draw(st.sampled_from([0.02, 0.1]))},
        "rules": draw(
            st.sampled_from(
                [
                    [],
                    [
                        {
                            "name": "heavy",
                            "when": {"transactions_per_hour": {"at_least": 9000}},
                            "require": {"tier": ["enterprise"]},
                        }
                    ],
                    [{"name": "cards", "when": {"compliance": ["pci-dss"]}, "require": {"place": ["app1"]}}],
                ]
            )
        ),
    }
    assert placement_policy.problems(written) == []
    return placement_policy.parse(written)


def candidates(found: t.Mapping[str, Place], name: str, classification: dict[str, t.Any]) -> list[Candidate]:
    """Every place, tier and shared cluster for a new tenant."""
    sizes = {
        "standard": {},
        "premium": {"odoo_web_workers": 3},
        "enterprise": {"odoo_web_replicas": 4, "odoo_web_workers": 6},
    }
    return [
        Candidate(
            place,
            tier,
            cluster,
            tenant(name, place, classification, odoo_tier=tier, odoo_postgresql_cluster=cluster, **sizes[tier]),
        )
        for place in sorted(found)
        for tier in sizes
        for cluster in ("shared", "second")
    ]
