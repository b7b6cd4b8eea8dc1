# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only a tenant on Kubernetes reads; on Docker these variables may stand and mean nothing."""

from __future__ import annotations

from .. import kubernetes, rules
from .field import Field

KUBERNETES = (
    Field(
        "odoo_kubeconfig",
        "str",
        "Kubeconfig of the cluster on the controller; the files of C(KUBECONFIG), else C(~/.kube/config), where unset.",
        default="",
    ),
    Field(
        "odoo_kubernetes_context",
        "str",
        "Context of the kubeconfig; its current one where unset.",
        default="",
    ),
    Field(
        "odoo_kubernetes_delivery",
        "str",
        "Who applies the tenant's objects: C(tenants), or a GitOps controller from what C(render) wrote. "
        "Secrets and Jobs are always C(tenants)' own.",
        default="tenants",
        choices=("tenants", "gitops"),
    ),
    Field(
        "odoo_kubernetes_namespace",
        "str",
        "Namespace of the tenant, which is the tenant's alone; region and tenant name where unset.",
        rule=kubernetes.namespace,
    ),
    Field(
        "odoo_kubernetes_traefik_namespace",
        "str",
        "Namespace Traefik runs in, the only one that reaches the tenant's pods.",
        default="traefik",
        rule=kubernetes.label,
    ),
    Field(
        "odoo_kubernetes_cpu_request",
        "float",
        "Processors reserved for each pod; odoo_cpus is the most it may use.",
        default=0.1,
        rule=kubernetes.processors,
    ),
    Field(
        "odoo_kubernetes_memory_request_percent",
        "int",
        "Share of a pod's memory limit that is reserved for it, in percent.",
        default=50,
        rule=rules.between(10, 100),
    ),
    Field(
        "odoo_kubernetes_web_replicas_max",
        "int",
        "Web pods that autoscaling may go up to from odoo_web_replicas; no autoscaling where unset.",
        rule=rules.between(2, 64),
    ),
    Field(
        "odoo_kubernetes_web_cpu_target_percent",
        "int",
        "Use of the processors a web pod can keep busy, in percent, at which autoscaling adds another.",
        default=70,
        rule=rules.between(10, 95),
    ),
    Field(
        "odoo_kubernetes_node_pools",
        "dict",
        "Nodes by workload class, C(web) (web, websocket) and C(background) (cron, queue), each with C(node_selector) and "
        "C(tolerations); any node where unset.",
        default={},
        rule=kubernetes.node_pools,
    ),
    Field(
        "odoo_kubernetes_service_networks",
        "list",
        "Networks of those platform services that are named by a DNS name outside of the cluster: policies know addresses only.",
        default=(),
        elements="str",
        rule=rules.every(rules.network),
    ),
    Field(
        "odoo_kubernetes_egress",
        "list",
        "Further destinations the tenant's pods may reach over TCP, for example a payment service, each with C(network) and C(port).",
        default=(),
        elements="dict",
        rule=kubernetes.egress,
    ),
    Field(
        "odoo_kubernetes_patches",
        "list",
        "Changes to rendered objects, each with C(kind), C(name) and C(patch), a JSON merge patch (RFC 7386). "
        "A ConfigMap is named by its workload.",
        default=(),
        elements="dict",
        rule=kubernetes.patches,
    ),
)
