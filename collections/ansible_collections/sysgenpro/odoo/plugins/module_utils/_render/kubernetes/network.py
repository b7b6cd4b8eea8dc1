# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NetworkPolicies: nothing goes in or out but on the paths a tenant needs.

The queue reaches itself on the loopback of its pod, which no policy sees; the kubelet's probes come from the node, which
every network plugin lets pass.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ..._model import kubernetes
from ..._model.rules import hosts
from ..workload import probe
from .owner import JOB, WORKLOAD_LABEL, Owner
from .workloads import is_served

if t.TYPE_CHECKING:
    from ..._model.capacity import Workload
    from ..._model.tenant import Tenant

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


def policies(owner: Owner, tenant: Tenant, workloads: t.Sequence[Workload]) -> list[dict[str, t.Any]]:
    """In a stable order, the refusal of everything first."""
    odoo = {"matchExpressions": [{"key": WORKLOAD_LABEL, "operator": "In", "values": [w.name for w in workloads]}]}
    return [
        _policy(owner, "default-deny", {}, policyTypes=["Ingress", "Egress"]),
        *(_from_traefik(owner, tenant, workload) for workload in workloads if is_served(workload)),
        _policy(owner, "names", {}, policyTypes=["Egress"], egress=[_names()]),
        _policy(owner, "services", odoo, policyTypes=["Egress"], egress=_services(tenant)),
        _policy(owner, "jobs", {"matchLabels": {WORKLOAD_LABEL: JOB}}, policyTypes=["Egress"], egress=_of_jobs(tenant)),
    ]


def _policy(owner: Owner, name: str, pods: t.Mapping[str, t.Any], **spec: t.Any) -> dict[str, t.Any]:
    return owner.manifest("networking.k8s.io/v1", "NetworkPolicy", name, spec={"podSelector": dict(pods), **spec})


def _from_traefik(owner: Owner, tenant: Tenant, workload: Workload) -> dict[str, t.Any]:
    rule = {"from": [_namespace(tenant.kubernetes_traefik_namespace)], "ports": [_port(probe(workload).port)]}
    pods = {"matchLabels": owner.selector(workload.name)}
    return _policy(owner, workload.name, pods, policyTypes=["Ingress"], ingress=[rule])


def _names() -> dict[str, t.Any]:
    """The cluster's DNS, by the names of its ports: their numbers differ between distributions."""
    pods = {"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    ports = [{"protocol": "UDP", "port": "dns"}, {"protocol": "TCP", "port": "dns-tcp"}]
    return {"to": [{**_namespace("kube-system"), **pods}], "ports": ports}


def _services(tenant: Tenant) -> list[dict[str, t.Any]]:
    """PostgreSQL (its replicas where Odoo reads there), Redis, object storage, mail, and what the inventory adds."""
    database = [tenant.postgresql.port, *([tenant.postgresql.replica_port] if tenant.database_replica else [])]
    return [
        _to(tenant, tenant.postgresql.host, *database),
        _to(tenant, tenant.redis.host, tenant.redis.port),
        _store(tenant),
        _to(tenant, tenant.smtp_host, tenant.smtp_port),
        *({"to": [_block(entry["network"])], "ports": [_port(entry["port"])]} for entry in tenant.kubernetes_egress),
    ]


def _of_jobs(tenant: Tenant) -> list[dict[str, t.Any]]:
    """Database work goes past the pooler, to the primary; an export reads attachments."""
    ports = sorted({tenant.postgresql.port, tenant.postgresql.primary_port})
    return [_to(tenant, tenant.postgresql.host, *ports), _store(tenant)]


def _store(tenant: Tenant) -> dict[str, t.Any]:
    found = kubernetes.endpoint(tenant.object_store["endpoint"])
    if found is None:  # refused by the model; said again for whoever changes one of the two
        raise ValueError(f"odoo_object_store.endpoint={tenant.object_store['endpoint']!r} has no host")
    return _to(tenant, *found)


def _to(tenant: Tenant, host: str, *ports: int) -> dict[str, t.Any]:
    peers: list[dict[str, t.Any]] = []
    for name in hosts(host):
        namespace = kubernetes.in_cluster(name)
        if namespace:
            peers.append(_namespace(namespace))
        elif kubernetes.is_address(name):
            peers.append(_block(name))
        else:
            peers += [_block(network) for network in tenant.kubernetes_service_networks]
    return {
        "to": [peer for index, peer in enumerate(peers) if peer not in peers[:index]],
        "ports": [_port(p) for p in ports],
    }


def _block(network: str) -> dict[str, t.Any]:
    return {"ipBlock": {"cidr": str(ipaddress.ip_network(network))}}


def _namespace(name: str) -> dict[str, t.Any]:
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: name}}}


def _port(number: int) -> dict[str, t.Any]:
    # A number as text would be the name of a port.
    return {"protocol": "TCP", "port": int(number)}
