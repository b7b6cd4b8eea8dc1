# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a place once what would change for all its tenants, with the plans that converge one of them. Changes nothing."""

from __future__ import annotations

import functools
import typing as t

from .._adapters import postgresql, postgresql_catalog, redis_server
from .._adapters.postgresql import PROVISIONER, Server
from .._model import bucket as bucket_model
from .._model import redis_user as redis_model
from .._plan import bucket as bucket_plan
from .._plan import catalog, database
from .._plan import redis_user as redis_plan
from .._plan.tenant_database import missing_modules, plan_present
from .._render import reporting
from .._support.errors import OdooError
from .docker_host import HostView
from .stack import Stack, authority

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._adapters.seaweedfs import SeaweedFS
    from .._model.catalog import CatalogRow
    from .._model.fleet_request import Asked, Request, Service

Step = dict[str, str]
#: What would change, by tenant; a tenant that is as declared is not in it.
Plans = dict[str, list[Step]]
REDIS_SECONDS = 30.0


def ask(request: Request, engine: t.Callable[[], DockerEngine], store: SeaweedFS | None) -> Plans:
    """What would change for the tenants of the request.

    :param engine: makes the host's Docker engine; called where stacks are asked for.
    :param store: the object store; needed where buckets are asked for.
    :raises OdooError: a place does not answer. What is wrong with one tenant alone stands in its plan, and its own converge fails.
    """
    plans: Plans = {}
    if request.stacks:
        _add(plans, _stacks(request, engine()))
    for service in request.clusters.values():
        _add(plans, _databases(request, service))
    for service in request.redis.values():
        _add(plans, _users(request, service))
    if request.buckets and store is not None:
        _add(plans, _buckets(request, store))
    return plans


def _add(plans: Plans, found: t.Iterable[tuple[str, t.Sequence[Step]]]) -> None:
    for name, steps in found:
        if steps:
            plans.setdefault(name, []).extend(steps)


def _refused(subject: str, error: OdooError) -> list[Step]:
    """What the plan cannot be made for: the tenant's own converge meets the same and says it with its context."""
    return [{"action": "look", "subject": subject, "cause": str(error)}]


def _stacks(request: Request, engine: DockerEngine) -> t.Iterator[tuple[str, list[Step]]]:
    views: dict[str, HostView] = {}
    authorities: dict[str, str] = {}
    for name in request.stacks:
        asked = request.tenants[name]
        region, ca_file = asked.tenant.region, asked.tenant.ca_file
        if region not in views:
            views[region] = HostView.of_region(engine, region)
        if ca_file not in authorities:
            authorities[ca_file] = authority(asked.tenant)
        try:
            steps = Stack(engine, asked.tenant, "").pending(asked.secrets, authorities[ca_file], host=views[region])
        except OdooError as error:
            yield name, _refused(f"stack of {name}", error)
        else:
            yield name, [step.public() for step in steps]


def _databases(request: Request, service: Service) -> t.Iterator[tuple[str, list[Step]]]:
    """One query for all databases of a cluster."""
    asked = [request.tenants[name] for name in service.tenants]
    first = asked[0].tenant
    endpoint = first.postgresql
    server = Server(endpoint.host, endpoint.primary_port, first.ca_file)
    with postgresql.connect(server, user=PROVISIONER, password=service.password) as connection:
        wanted = [catalog.names(one.tenant) for one in asked]
        rows = postgresql_catalog.look(connection, wanted, group=reporting.GROUP)
    for one, row in zip(asked, rows):
        yield one.tenant.tenant, _database(one, row)


def _database(asked: Asked, row: CatalogRow) -> list[Step]:
    tenant = asked.tenant
    steps = list(plan_present(tenant, catalog.observed(row, asked.passwords)))
    if row.comment is not None and not row.comment:
        steps.append(database.DatabaseStep("look", tenant.database, "its comment does not say what it is"))
    steps += [
        database.DatabaseStep("install", name, "it is not installed") for name in missing_modules(tenant, row.comment)
    ]
    return [step.public() for step in steps]


def _users(request: Request, service: Service) -> t.Iterator[tuple[str, list[Step]]]:
    asked = [request.tenants[name] for name in service.tenants]
    first = asked[0].tenant
    connection = redis_server.connect(
        host=first.redis.host,
        port=first.redis.port,
        ca_file=first.ca_file,
        user=PROVISIONER,
        password=service.password,
        timeout=REDIS_SECONDS,
    )
    with connection as server:
        found = server.acl_users([one.tenant.tenant for one in asked])
    for one in asked:
        name = one.tenant.tenant
        desired = redis_model.desired_user(
            name=name,
            password=one.secrets.redis,
            key_prefix=one.tenant.redis_prefix,
            commands=redis_model.SESSION_COMMANDS,
        )
        steps = redis_plan.plan(desired, found.get(name))
        yield name, [{"action": step.action, "subject": f"Redis user {name}", "cause": step.cause} for step in steps]


def _buckets(request: Request, store: SeaweedFS) -> t.Iterator[tuple[str, list[Step]]]:
    asked = [request.tenants[name] for name in request.buckets]
    states = store.observe_all([(one.tenant.bucket, one.tenant.bucket) for one in asked])
    for one, state in zip(asked, states):
        name, planned = one.tenant.tenant, functools.partial(bucket_plan.plan_present, observed=state)
        try:
            steps = planned(_wanted_bucket(one))
        except OdooError as error:
            yield name, _refused(f"bucket {one.tenant.bucket}", error)
        else:
            yield name, [{"action": step.action, "subject": step.target, "cause": step.cause} for step in steps]


def _wanted_bucket(asked: Asked) -> bucket_model.BucketState:
    tenant = asked.tenant
    return bucket_model.desired_state(
        bucket=tenant.bucket,
        identity=tenant.bucket,
        access_key=asked.secrets.s3_access_key,
        secret_key=asked.secrets.s3_secret_key,
        actions=bucket_model.ACTIONS,
        versioning=True,
        noncurrent_days=tenant.bucket_noncurrent_days,
    )
