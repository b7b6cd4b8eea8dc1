# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant as one frozen value, and its parsing from inventory variables."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import re
import typing as t

from .._support.errors import InvalidTenant
from . import kubernetes, relations, rules
from .fields import BY_NAME, FIELDS, Field


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A service of the platform: where it listens and what the budget must respect.

    ``host`` may be several names separated by commas, as libpq takes them: all have the same ports, and the first that
    answers is taken.
    """

    host: str
    port: int
    primary_port: int = 0
    replica_port: int = 0
    max_connections: int = 0
    reserved_connections: int = 0
    storage_gb: int = 0


@dataclasses.dataclass(frozen=True)
class Tenant:
    """One Odoo database with its processes, files and routes. Attributes are the field table's names without C(odoo_)."""

    tenant: str
    region: str
    environment: str
    tier: str
    hosting_model: str
    runtime: str
    place: str
    classification: t.Mapping[str, t.Any]
    host: str
    integration_host: str
    integration_allowlist: tuple[str, ...]
    certificate_provider: str
    traefik_dynamic_path: str
    traefik_api: str
    series: str
    image: str
    approved_registries: tuple[str, ...]
    modules: tuple[str, ...]
    languages: tuple[str, ...]
    country: str
    config: t.Mapping[str, t.Any]
    database: str
    database_user: str
    database_initialise: str
    database_replica: bool
    reporting_connections: int
    postgresql_cluster: str
    postgresql_clusters: t.Mapping[str, Endpoint]
    redis_instance: str
    redis_instances: t.Mapping[str, Endpoint]
    object_store: t.Mapping[str, t.Any]
    bucket: str
    bucket_noncurrent_days: int
    ca_file: str
    packing: str
    web_replicas: int
    web_workers: int
    websocket_replicas: int
    cron_threads: int
    queue_workers: int
    db_maxconn: int
    db_maxconn_gevent: int
    web_memory_mb: int
    websocket_memory_mb: int
    cron_memory_mb: int
    queue_memory_mb: int
    compact_memory_mb: int
    cpus: float
    kubeconfig: str
    kubernetes_context: str
    kubernetes_delivery: str
    kubernetes_namespace: str
    kubernetes_traefik_namespace: str
    kubernetes_cpu_request: float
    kubernetes_memory_request_percent: int
    kubernetes_web_replicas_max: int
    kubernetes_web_cpu_target_percent: int
    kubernetes_node_pools: t.Mapping[str, t.Any]
    kubernetes_service_networks: tuple[str, ...]
    kubernetes_egress: tuple[t.Mapping[str, t.Any], ...]
    kubernetes_patches: tuple[t.Mapping[str, t.Any], ...]
    time_zone: str
    awake_hours: tuple[str, ...]
    expires: str
    owner: str
    mail_policy: str
    smtp_host: str
    smtp_port: int
    recovery_point_objective: int
    recovery_time_objective: int
    config_path: str
    network_pool: str
    start_timeout: int
    canary: bool
    start_slots: int
    drain_timeout: int
    secret_source: str
    secret_path: str
    secret_generate: bool

    @property
    def postgresql(self) -> Endpoint:
        return self.postgresql_clusters[self.postgresql_cluster]

    @property
    def reporting_user(self) -> str:
        """The role that reads the tenant's database on a replica; PostgreSQL keeps 63 characters of a name."""
        return f"{self.database_user[:53]}_reporting"

    @property
    def redis(self) -> Endpoint:
        return self.redis_instances[self.redis_instance]

    @property
    def redis_prefix(self) -> str:
        return f"{self.tenant}:"

    @property
    def all_modules(self) -> tuple[str, ...]:
        """What is asked for plus what the platform itself needs, sorted."""
        return tuple(sorted({*self.modules, "base", *PLATFORM_MODULES}))


#: Attachments in object storage and the job queue are part of every tenant.
PLATFORM_MODULES = (
    "fs_attachment_environment",
    "fs_attachment_s3",
    "fs_storage_environment",
    "queue_job",
)

#: Variables of the same prefix that other roles, playbooks and the role's other entry points read.
NOT_OF_TENANTS = frozenset(
    {
        "odoo_addons",
        "odoo_audit_path",
        "odoo_batch",
        "odoo_confirm",
        "odoo_drift_report",
        "odoo_drill_mode",
        "odoo_drill_network_pool",
        "odoo_drill_point",
        "odoo_drill_repository",
        "odoo_everything",
        "odoo_explain",
        "odoo_export_fetch",
        "odoo_export_name",
        "odoo_export_path",
        "odoo_failure_budget",
        "odoo_filestore_manifest",
        "odoo_filestore_mode",
        "odoo_gitops_path",
        "odoo_import_filestore",
        "odoo_import_path",
        "odoo_import_tolerate_missing",
        "odoo_logs_lines",
        "odoo_logs_match",
        "odoo_logs_since",
        "odoo_logs_workloads",
        "odoo_psql_command",
        "odoo_psql_role",
        "odoo_psql_timeout",
        "odoo_psql_write",
        "odoo_recovery_reason",
        "odoo_recovery_recipients",
        "odoo_recovery_reference",
        "odoo_relocate_former",
        "odoo_relocate_from",
        "odoo_rest_hours",
        "odoo_restore_drop",
        "odoo_restore_files_from",
        "odoo_restore_from",
        "odoo_restore_host",
        "odoo_restore_jobs",
        "odoo_restore_memory_mb",
        "odoo_restore_release",
        "odoo_restore_repository",
        "odoo_restore_target_time",
        "odoo_restore_timeout",
        "odoo_schedule_now",
        "odoo_shell_command",
        "odoo_shell_commit",
        "odoo_shell_file",
    }
)

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "list": (list, tuple),
    "dict": (dict,),
}


def parse(variables: t.Mapping[str, t.Any], *, host: str) -> Tenant:
    """Make a tenant of inventory variables.

    :param variables: the C(odoo_*) variables of one inventory host, templated.
    :param host: the inventory host's name: the tenant's default name and the subject of every error.
    :raises InvalidTenant: with every problem found, each naming host, variable, value and what is accepted.
    """
    problems = [_unknown(name) for name in sorted(variables) if name not in BY_NAME]
    values: dict[str, t.Any] = {}
    for field in FIELDS:
        value = _from_text(field, variables.get(field.name))
        problem = _problem(field, value)
        if problem:
            problems.append(problem)
        values[field.attribute] = field.default if value is None else value
    if problems:
        raise InvalidTenant([f"{host}: {problem}" for problem in problems])
    problems = relations.problems(values)
    if problems:
        raise InvalidTenant([f"{host}: {problem}" for problem in problems])
    return _build(values, host)


def declared(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Those of a host's variables that speak of the tenant; mistyped ones too, so that parse can refuse them."""
    # By name: a host's variables are templated one by one as they are asked for.
    return {name: variables[name] for name in variables if name.startswith("odoo_") and name not in NOT_OF_TENANTS}


def completed(variables: t.Mapping[str, t.Any], *, host: str) -> dict[str, t.Any]:
    """The variables with the names that follow from others filled in: what tasks need beside the modules.

    :raises InvalidTenant: as parse does.
    """
    tenant = parse(variables, host=host)
    names = (
        "odoo_tenant",
        "odoo_integration_host",
        "odoo_database",
        "odoo_database_user",
        "odoo_bucket",
        "odoo_bucket_noncurrent_days",
    )
    return {**variables, **{name: getattr(tenant, BY_NAME[name].attribute) for name in names}}


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, BY_NAME, n=1)
    return f"{name} is not a variable of a tenant" + (f"; did you mean {near[0]}?" if near else "")


def _from_text(field: Field, value: t.Any) -> t.Any:
    """A whole number or a boolean that came as text, as extra variables given as name=value do; a date as YAML reads it."""
    if field.type == "str" and isinstance(value, datetime.date):
        return value.isoformat()
    if field.type == "int" and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value):
        return int(value)
    if field.type == "bool" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _problem(field: Field, value: t.Any) -> str | None:
    if value is None:
        return f"{field.name} is required: {field.description}" if field.required else None
    accepted = _PYTHON_TYPES[field.type]
    if not isinstance(value, accepted) or (isinstance(value, bool) and field.type != "bool"):
        return f"{field.name}={value!r}: must be of type {field.type}"
    if field.choices and value not in field.choices:
        return f"{field.name}={value!r}: must be one of {', '.join(field.choices)}"
    elements: t.Iterable[t.Any] = value if isinstance(value, (list, tuple)) else ()
    if field.elements and not all(isinstance(element, _PYTHON_TYPES[field.elements]) for element in elements):
        return f"{field.name}={value!r}: every element must be of type {field.elements}"
    accepted_text = field.rule(value) if field.rule else None
    return f"{field.name}={value!r}: must be {accepted_text}" if accepted_text else None


def _build(values: dict[str, t.Any], host: str) -> Tenant:
    name = values["tenant"] or host
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    values.update(
        tenant=name,
        integration_host=values["integration_host"] or f"integration.{values['host']}",
        database=values["database"] or name,
        database_user=values["database_user"] or name,
        traefik_dynamic_path=values["traefik_dynamic_path"] or "",
        kubernetes_namespace=values["kubernetes_namespace"] or f"{values['region']}-{name.replace('_', '-')}",
        kubernetes_web_replicas_max=values["kubernetes_web_replicas_max"] or 0,
        bucket=values["bucket"] or f"{values['region']}-{name.replace('_', '-')}",
        expires=values["expires"] or "",
        owner=values["owner"] or "",
        secret_path=values["secret_path"] or "",
        postgresql_clusters={key: _endpoint(entry) for key, entry in values["postgresql_clusters"].items()},
        redis_instances={key: _endpoint(entry) for key, entry in values["redis_instances"].items()},
    )
    problems = [
        f"{variable}={value!r}: must be {problem}"
        for variable, value in (
            ("odoo_tenant", name),
            ("odoo_database", values["database"]),
            ("odoo_database_user", values["database_user"]),
        )
        for problem in [BY_NAME[variable].rule(value)]  # type: ignore[misc]  # these fields have rules
        if problem
    ]
    if values["runtime"] == "kubernetes":
        problems += kubernetes.names(name, values["kubernetes_namespace"], values["kubernetes_traefik_namespace"])
    if problems:
        raise InvalidTenant([f"{host}: {problem}" for problem in problems])
    return Tenant(**values)


def _endpoint(entry: dict[str, t.Any]) -> Endpoint:
    known = {field.name for field in dataclasses.fields(Endpoint)}
    values = {key: value for key, value in entry.items() if key in known}
    return Endpoint(**{**values, "host": ",".join(rules.hosts(entry["host"]))})
