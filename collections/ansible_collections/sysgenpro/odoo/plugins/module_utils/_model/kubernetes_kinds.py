# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the API of Kubernetes names the kinds of objects a tenant may have."""

from __future__ import annotations

import typing as t

#: The field manager of everything this collection applies.
FIELD_MANAGER = "sysgenpro.odoo"
#: Holds spec.replicas where a HorizontalPodAutoscaler shall own them, until it writes them itself.
REPLICAS_MANAGER = "sysgenpro.odoo-replicas"
#: Labels that say whose an object is.
REGION_LABEL = "sysgenpro.odoo/region"
TENANT_LABEL = "sysgenpro.odoo/tenant"
#: Annotations of a tenant's namespace, as JSON: what is remembered of its sleep, and the restored server that it is served from.
REST_ANNOTATION = "sysgenpro.odoo/rest"
SERVED_ANNOTATION = "sysgenpro.odoo/restored"


class Kind(t.NamedTuple):
    """A kind with the path segment of its collection."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True


class Ref(t.NamedTuple):
    """Which object of which kind; ``namespace`` is empty for objects of the cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


#: What a tenant consists of. Everything of these kinds that carries a tenant's labels is the tenant's, and pruned where it
#: is not declared any more; the order is the reverse of removal.
OWNED = (
    Kind("v1", "Namespace", "namespaces", namespaced=False),
    Kind("v1", "ResourceQuota", "resourcequotas"),
    Kind("v1", "LimitRange", "limitranges"),
    Kind("v1", "ServiceAccount", "serviceaccounts"),
    Kind("rbac.authorization.k8s.io/v1", "Role", "roles"),
    Kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
    Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    Kind("v1", "Secret", "secrets"),
    Kind("v1", "ConfigMap", "configmaps"),
    Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    Kind("v1", "Service", "services"),
    Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Kind("apps/v1", "Deployment", "deployments"),
    Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    Kind("traefik.io/v1alpha1", "TLSOption", "tlsoptions"),
    Kind("traefik.io/v1alpha1", "ServersTransport", "serverstransports"),
    Kind("traefik.io/v1alpha1", "Middleware", "middlewares"),
    Kind("traefik.io/v1alpha1", "TraefikService", "traefikservices"),
    Kind("traefik.io/v1alpha1", "IngressRoute", "ingressroutes"),
)

#: What is read or made beside it; never pruned.
BESIDE = (
    Kind("apps/v1", "ReplicaSet", "replicasets"),
    Kind("batch/v1", "Job", "jobs"),
    Kind("coordination.k8s.io/v1", "Lease", "leases"),
    Kind("v1", "Event", "events"),
    Kind("v1", "Pod", "pods"),
)

KINDS: t.Mapping[tuple[str, str], Kind] = {(kind.api_version, kind.kind): kind for kind in (*OWNED, *BESIDE)}
DEPLOYMENT = KINDS["apps/v1", "Deployment"]
REPLICA_SET = KINDS["apps/v1", "ReplicaSet"]
JOB = KINDS["batch/v1", "Job"]
LEASE = KINDS["coordination.k8s.io/v1", "Lease"]
EVENT = KINDS["v1", "Event"]
POD = KINDS["v1", "Pod"]


def ref(manifest: t.Mapping[str, t.Any]) -> Ref:
    """Which object a manifest speaks of."""
    metadata = manifest["metadata"]
    return Ref(manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), metadata["name"])
