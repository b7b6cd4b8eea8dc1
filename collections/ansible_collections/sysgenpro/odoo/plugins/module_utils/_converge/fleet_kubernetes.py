# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a cluster once what would change for all its tenants, with the plan that converges one of them. Changes nothing."""

from __future__ import annotations

import typing as t

from .._model.served import served_from
from .._plan.kubernetes import Observed, plan_kubernetes
from .._render.kubernetes.render import render
from .._support.errors import OdooError
from . import kubernetes_memory
from .kubernetes import in_scope
from .kubernetes_observe import judge, namespace_in, observe_region

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._model.kubernetes_kinds import Ref
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .._render.kubernetes.types import Desired

Object = dict[str, t.Any]


def ask(api: KubernetesApi, wanted: t.Sequence[tuple[Tenant, Secrets, str]]) -> dict[str, list[dict[str, str]]]:
    """What would be done, by tenant; one that is as declared is not named.

    :param wanted: tenants of one cluster, each with the PEM text of its region's CA.
    """
    regions = {
        tenant.region: observe_region(api, tenant.region)
        for tenant in {one.region: one for one, _s, _c in wanted}.values()
    }
    plans = {}
    for tenant, secrets, ca in wanted:
        objects = regions[tenant.region].get(tenant.tenant, {})
        try:
            namespace = namespace_in(objects, tenant.kubernetes_namespace)
            scope, desired = _declared(tenant, secrets, ca, namespace)
            observed = _observed(api, desired, namespace, objects)
            steps = [step.public() for step in plan_kubernetes(desired, observed, prune=scope == "all")]
        except OdooError as error:
            # The tenant's own converge meets the same and says it with its context.
            steps = [{"action": "look", "subject": f"stack of {tenant.tenant}", "cause": str(error)}]
        if steps:
            plans[tenant.tenant] = steps
    return plans


def _declared(tenant: Tenant, secrets: Secrets, ca: str, namespace: Object | None) -> tuple[str, Desired]:
    if tenant.kubernetes_delivery == "gitops":
        return "secrets", in_scope(render(tenant, secrets, ca), "secrets")
    rest, server = kubernetes_memory.rest_of(namespace), kubernetes_memory.server_of(namespace)
    served = served_from(tenant, server.host, server.port) if server else tenant
    return "all", kubernetes_memory.declared(render(served, secrets, ca), rest, server)


def _observed(
    api: KubernetesApi, desired: Desired, namespace: Object | None, objects: t.Mapping[Ref, Object]
) -> Observed:
    if namespace is None:
        return Observed()
    if namespace["metadata"].get("deletionTimestamp"):
        raise OdooError(f"Namespace {desired.namespace} is being removed", hint="Wait until it is gone, and run again")
    return judge(api, desired, namespace, objects)
