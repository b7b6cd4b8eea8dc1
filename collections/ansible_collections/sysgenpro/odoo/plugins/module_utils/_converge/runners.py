# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a tenant's one-off programs run, by its runtime."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant
    from .one_off import Runner


def runner(tenant: Tenant, *, timeout: float, kubeconfig: str = "", context: str = "") -> Runner:
    """Containers on this host, or Jobs on the tenant's cluster. Each import serves one runtime alone.

    :param timeout: seconds a call to Docker may take: one waits for the container's end.
    """
    if tenant.runtime == "kubernetes":
        from .._adapters import kubeconfig as access
        from .._adapters.kubernetes_api import KubernetesApi
        from .kubernetes_jobs import KubernetesJobs

        found = access.load(kubeconfig or tenant.kubeconfig, context or tenant.kubernetes_context)
        return KubernetesJobs(KubernetesApi(found), tenant)
    from .._adapters.docker_engine import DockerEngine
    from .one_off import Containers

    return Containers(DockerEngine(timeout=timeout))
