# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of one tenant that need more than one variable; ``values`` are its attributes, each acceptable by itself."""

from __future__ import annotations

import typing as t

from . import kubernetes, odoo_options, services


def problems(values: t.Mapping[str, t.Any]) -> list[str]:
    """Every rule that does not hold, as a text that names variable, value and what is accepted."""
    found = [*_services(values), *_policies(values), *odoo_options.problems(values["config"], values["series"])]
    if values["runtime"] == "docker" and not values["traefik_dynamic_path"]:
        found.append("odoo_traefik_dynamic_path is required with odoo_runtime='docker': where Traefik reads routes")
    if values["runtime"] == "kubernetes" and not found:
        found += kubernetes.relations(values)
    return found


def _services(values: t.Mapping[str, t.Any]) -> list[str]:
    found = [
        f"{name}={values[key]!r}: must be one of {', '.join(sorted(map(str, values[catalogue])))}"
        for name, key, catalogue in (
            ("odoo_postgresql_cluster", "postgresql_cluster", "postgresql_clusters"),
            ("odoo_redis_instance", "redis_instance", "redis_instances"),
        )
        if values[key] not in values[catalogue]
    ]
    for name in services.SHAPES:
        found += services.problems(name, values[name[len("odoo_") :]])
    return found + _no_replicas(values)


def _policies(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if not values["image"].startswith(tuple(values["approved_registries"])):
        yield (
            f"odoo_image={values['image']!r}: must start with one of odoo_approved_registries: {', '.join(values['approved_registries'])}"
        )
    if values["environment"] != "production" and values["mail_policy"] == "relay":
        yield "odoo_mail_policy='relay': must be capture outside production"
    if values["hosting_model"] == "dedicated" and "shared" in (values["postgresql_cluster"], values["redis_instance"]):
        yield (
            "odoo_hosting_model='dedicated': odoo_postgresql_cluster and odoo_redis_instance must name services of its own, not shared"
        )
    yield from _lifecycle(values)


def _lifecycle(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for name in ("awake_hours", "expires"):
        if values[name] and values["environment"] == "production":
            yield f"odoo_{name}={values[name]!r}: must be unset with odoo_environment='production', which neither sleeps nor expires"
    if values["expires"] and not values["owner"]:
        yield f"odoo_expires={values['expires']!r}: odoo_owner must say who answers for the tenant and for its end"
    if values["awake_hours"] and values["runtime"] == "kubernetes" and values["kubernetes_delivery"] == "gitops":
        yield (
            f"odoo_awake_hours={values['awake_hours']!r}: must be empty with odoo_kubernetes_delivery='gitops', where git decides what runs"
        )


def _no_replicas(values: t.Mapping[str, t.Any]) -> list[str]:
    cluster = values["postgresql_clusters"].get(values["postgresql_cluster"])
    if not values["database_replica"] or not isinstance(cluster, dict) or cluster.get("replica_port"):
        return []
    return [
        (
            f"odoo_database_replica=True: odoo_postgresql_clusters.{values['postgresql_cluster']} must have replica_port, "
            "the port of its replicas"
        )
    ]
