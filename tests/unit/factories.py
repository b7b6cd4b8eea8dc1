"""Tenants, secrets and snapshots for tests."""

from __future__ import annotations

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import Secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, parse

IMAGE = "sysgenpro/odoo:19.0-0123456789ab"
DIGEST = f"registry.example.com/sysgenpro/odoo@sha256:{'0123456789abcdef' * 4}"
SECRETS = Secrets(
    database="database-password",
    redis="redis-password",
    s3_access_key="access-key",
    s3_secret_key="secret-key",
    master="master-password",
    certificate="CERTIFICATE",
    private_key="PRIVATE KEY",
)


def variables(**changes: t.Any) -> dict[str, t.Any]:
    """Inventory variables of a valid tenant; None takes one away."""
    values: dict[str, t.Any] = {
        "odoo_region": "local",
        "odoo_environment": "production",
        "odoo_tier": "standard",
        "odoo_place": "local1",
        "odoo_host": "acme.example.com",
        "odoo_image": IMAGE,
        "odoo_traefik_dynamic_path": "/etc/sysgenpro/local1/traefik/dynamic",
        "odoo_postgresql_clusters": {
            "shared": {
                "host": "192.0.2.1",
                "port": 6432,
                "primary_port": 5500,
                "replica_port": 5501,
                "max_connections": 300,
                "reserved_connections": 30,
            },
            "own": {"host": "192.0.2.1", "port": 6442, "primary_port": 5510, "max_connections": 200},
        },
        "odoo_redis_instances": {
            "shared": {"host": "192.0.2.1", "port": 6379},
            "own": {"host": "192.0.2.1", "port": 6389},
        },
        "odoo_object_store": {"endpoint": "https://192.0.2.1:8333", "region": "us-east-1"},
        "odoo_smtp_host": "192.0.2.1",
    }
    values.update(changes)
    return {name: value for name, value in values.items() if value is not None}


def tenant(name: str = "acme_production", **changes: t.Any) -> Tenant:
    return parse(variables(**changes), host=name)


#: What a tenant changes to move to Kubernetes, where its image is not by digest yet.
KUBERNETES = {
    "odoo_runtime": "kubernetes",
    "odoo_image": DIGEST,
    "odoo_approved_registries": ["sysgenpro/", "registry.example.com/"],
}


def on_kubernetes(name: str = "acme_production", **changes: t.Any) -> Tenant:
    """The same tenant on Kubernetes, with an image a node can pull."""
    return tenant(name, **{**KUBERNETES, **changes})
