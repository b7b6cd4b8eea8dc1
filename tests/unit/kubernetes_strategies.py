"""Tenants on Kubernetes of every accepted size, for properties that hold for all of them."""

from __future__ import annotations

import typing as t

from hypothesis import given, settings
from hypothesis import strategies as st

from . import factories

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

POOLS: dict[str, t.Any] = {
    "web": {"node_selector": {"pool": "web"}, "tolerations": [{"key": "web", "operator": "Exists"}]},
    "background": {"node_selector": {"example.com/pool": "night"}},
}
EGRESS = [{"network": "198.51.100.0/24", "port": 443}]
HOSTS = st.sampled_from(["192.0.2.7", "redis.platform.svc", "redis.platform.svc.cluster.local", "redis.example.com"])
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,9}(_[a-z0-9]{1,9}){0,2}", fullmatch=True)


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    def pick(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    packing = draw(st.sampled_from(["separate", "compact"]))
    replicas, cpus = pick(1, 6), draw(st.sampled_from([0.5, 1, 1.5, 2.0, 4]))
    most = draw(st.none() | st.integers(max(2, replicas + 1), 64)) if packing == "separate" else None
    redis = {"shared": {"host": draw(HOSTS), "port": 6379}}
    return factories.on_kubernetes(
        draw(WORDS.filter(lambda name: name not in ("postgres", "public", "pgbouncer") and not name.startswith("pg_"))),
        odoo_region=draw(st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9})?", fullmatch=True)),
        odoo_environment=draw(st.sampled_from(["dev", "staging", "production"])),
        odoo_tier=draw(st.sampled_from(["standard", "premium", "enterprise"])),
        odoo_packing=packing,
        odoo_web_replicas=replicas,
        odoo_websocket_replicas=pick(1, 2),
        odoo_web_workers=pick(1, 32),
        odoo_queue_workers=pick(1, 32),
        odoo_cron_threads=pick(1, 16),
        odoo_db_maxconn=pick(2, 64),
        odoo_db_maxconn_gevent=pick(2, 64),
        odoo_web_memory_mb=pick(384, 65536),
        odoo_compact_memory_mb=pick(384, 65536),
        odoo_queue_memory_mb=pick(384, 65536),
        odoo_cpus=cpus,
        odoo_database_replica=draw(st.booleans()),
        odoo_redis_instances=redis,
        odoo_kubernetes_cpu_request=draw(st.sampled_from([0.01, 0.1, 0.25, 0.333, 0.5])),
        odoo_kubernetes_memory_request_percent=pick(10, 100),
        odoo_kubernetes_web_replicas_max=most,
        odoo_kubernetes_web_cpu_target_percent=pick(10, 95),
        odoo_kubernetes_node_pools=draw(st.sampled_from([{}, POOLS])),
        odoo_kubernetes_service_networks=["203.0.113.0/24"],
        odoo_kubernetes_egress=draw(st.sampled_from([[], EGRESS])),
    )


def holds_for_every_tenant(test: t.Callable[[Tenant], None]) -> t.Callable[[], None]:
    """A property of any tenant; a tenant has some thirty objects, so fewer examples than usual."""
    return settings(max_examples=30)(given(tenants())(test))
