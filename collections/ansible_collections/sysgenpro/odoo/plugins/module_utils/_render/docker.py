# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's Docker objects: what is wanted, with no address chosen yet."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .._model.capacity import Workload, workloads
from . import odoo_conf
from .containers import LABEL, LOG, ODOO_UID, RENDERING_VERSION, digest
from .workload import Probe, command, probe

if t.TYPE_CHECKING:
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .odoo_conf import File


@dataclasses.dataclass(frozen=True)
class ContainerSet:
    """Equal containers of one workload; ``body`` is the Engine API's create request without name and network."""

    workload: str
    replicas: int
    replaces: str
    body: t.Mapping[str, t.Any]
    files: tuple[File, ...]
    directory: str
    spec: str
    probe: Probe


@dataclasses.dataclass(frozen=True)
class Desired:
    """The stack as it must be."""

    tenant: str
    region: str
    network: str
    network_pool: str
    network_labels: t.Mapping[str, str]
    config_directory: str
    sets: tuple[ContainerSet, ...]


def render(tenant: Tenant, secrets: Secrets, ca: str) -> Desired:
    """Render the tenant for a Docker host. ``ca`` is the PEM text of the region's CA."""
    labels = {f"{LABEL}region": tenant.region, f"{LABEL}tenant": tenant.tenant}
    directory = f"{tenant.config_path}/{tenant.tenant}"
    return Desired(
        tenant=tenant.tenant,
        region=tenant.region,
        network=f"{tenant.region}-{tenant.tenant}",
        network_pool=tenant.network_pool,
        network_labels=labels,
        config_directory=directory,
        sets=tuple(_container_set(tenant, workload, secrets, ca, labels, directory) for workload in workloads(tenant)),
    )


def _container_set(
    tenant: Tenant, workload: Workload, secrets: Secrets, ca: str, labels: dict[str, str], directory: str
) -> ContainerSet:
    files = odoo_conf.files(tenant, workload, secrets, ca)
    path = f"{directory}/{workload.name}-{digest(sorted([file.path, file.content] for file in files))}"
    body = _body(tenant, workload, path)
    spec = digest([RENDERING_VERSION, body])
    body["Labels"] = {
        **labels,
        f"{LABEL}workload": workload.name,
        f"{LABEL}spec": spec,
        f"{LABEL}release": digest([tenant.image, RENDERING_VERSION]),
    }
    return ContainerSet(workload.name, workload.replicas, workload.replaces, body, files, path, spec, probe(workload))


def _body(tenant: Tenant, workload: Workload, path: str) -> dict[str, t.Any]:
    memory = workload.memory_mb * 1024 * 1024
    health = probe(workload)
    return {
        "Image": tenant.image,
        "Cmd": command(workload),
        "User": f"{ODOO_UID}:{ODOO_UID}",
        "Env": [f"{name}={value}" for name, value in sorted(odoo_conf.LIBPQ.items())],
        # Readiness during a rollout is asked from outside, many times a second; this one is for operators and monitoring.
        "Healthcheck": {
            "Test": ["CMD", "/usr/local/bin/odoo-health", f"http://127.0.0.1:{health.port}{health.paths[0]}"],
            "Interval": 30_000_000_000,
            "Timeout": 10_000_000_000,
            "StartPeriod": 60_000_000_000,
            "Retries": 3,
        },
        "HostConfig": {
            "Binds": [f"{path}/plain:/etc/odoo:ro", f"{path}/secret:/run/secrets:ro"],
            "CapDrop": ["ALL"],
            "Init": False,
            "LogConfig": LOG,
            "Memory": memory,
            "MemorySwap": memory,
            "NanoCpus": int(tenant.cpus * 1_000_000_000),
            "PidsLimit": 512,
            "ReadonlyRootfs": True,
            "RestartPolicy": {"Name": "unless-stopped"},
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {
                "/tmp": "rw,nosuid,nodev,size=256m,mode=1777",  # a path inside the container
                "/run/odoo": f"rw,nosuid,nodev,noexec,size=64m,mode=0700,uid={ODOO_UID},gid={ODOO_UID}",
            },
        },
    }


def gateway(subnet: str) -> str:
    """First address of ``subnet``, the host's own."""
    return str(ipaddress.ip_network(subnet)[1])
