# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables of a tenant on Kubernetes must look like, and what holds between them.

Names follow RFC 1123 as Kubernetes reads it (manual: "Object Names and IDs", "Labels and Selectors").
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from . import rules

#: Longest label of DNS, longest value of a label of Kubernetes.
NAME_LENGTH = 63
#: Classes of workloads, each with a PriorityClass and a node pool of its own.
WORKLOAD_CLASSES: t.Mapping[str, str] = {"web": "web", "websocket": "web", "cron": "background", "queue": "background"}
#: Kinds that are no part of what is patched: their values come from references.
UNPATCHED = ("Secret",)

_IN_CLUSTER = re.compile(r"[a-z0-9-]+\.(?P<namespace>[a-z0-9-]+)\.svc(\.[a-z0-9.-]+)?")
_ENDPOINT = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?/?")
_BY_DIGEST = re.compile(r"([^/]*[.:][^/]*|localhost)/.+@sha256:[0-9a-f]{64}")
_SELECTOR_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_SELECTOR_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
#: Fields of a toleration with the values each may have; none listed means any text.
_TOLERATION: t.Mapping[str, tuple[str, ...]] = {
    "key": (),
    "operator": ("Exists", "Equal"),
    "value": (),
    "effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
}

label = rules.matches(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "1 to 63 of a-z, 0-9 and -, as in DNS")


def namespace(value: str) -> str | None:
    problem = label(value)
    if problem:
        return problem
    if value == "default" or value.startswith("kube-"):
        return "a namespace of its own: not default, and not starting with kube-"
    return None


def processors(value: float) -> str | None:
    return None if 0.01 <= value <= 64 else "a number of processors from 0.01 to 64"


def node_pools(value: t.Mapping[str, t.Any]) -> str | None:
    classes = sorted(set(WORKLOAD_CLASSES.values()))
    for name, pool in value.items():
        if name not in classes:
            return f"a dictionary with {' and '.join(classes)} only"
        if not isinstance(pool, dict) or set(pool) - {"node_selector", "tolerations"}:
            return f"a dictionary whose {name} has node_selector and tolerations only"
        if not _is_selector(pool.get("node_selector", {})):
            return f"a dictionary whose {name}.node_selector has labels of nodes and their values, all of type str"
        tolerations = pool.get("tolerations", [])
        if not isinstance(tolerations, (list, tuple)) or not all(_is_toleration(entry) for entry in tolerations):
            return (
                f"a dictionary whose {name}.tolerations is a list of key, operator (Exists, Equal), value and "
                "effect (NoSchedule, PreferNoSchedule, NoExecute)"
            )
    return None


def _is_selector(value: t.Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(key, str)
        and isinstance(entry, str)
        and bool(_SELECTOR_KEY.fullmatch(key))
        and bool(_SELECTOR_VALUE.fullmatch(entry))
        for key, entry in value.items()
    )


def _is_toleration(value: t.Any) -> bool:
    return isinstance(value, dict) and all(
        key in _TOLERATION and isinstance(entry, str) and (not _TOLERATION[key] or entry in _TOLERATION[key])
        for key, entry in value.items()
    )


def egress(value: t.Sequence[t.Any]) -> str | None:
    for index, entry in enumerate(value):
        if not isinstance(entry, dict) or set(entry) != {"network", "port"}:
            return f"a list whose every element has network and port; [{index}] does not"
        if not isinstance(entry["network"], str) or rules.network(entry["network"]):
            return f"a list whose every network is {rules.network('')}; [{index}].network is not"
        port = entry["port"]
        if not isinstance(port, int) or isinstance(port, bool) or rules.between(1, 65535)(port):
            return f"a list whose every port is {rules.between(1, 65535)(0)}; [{index}].port is not"
    return None


def patches(value: t.Sequence[t.Any]) -> str | None:
    for index, entry in enumerate(value):
        if not isinstance(entry, dict) or set(entry) != {"kind", "name", "patch"}:
            return f"a list whose every element has kind, name and patch; [{index}] does not"
        if not all(isinstance(entry[key], str) and entry[key] for key in ("kind", "name")):
            return f"a list whose every kind and name is text; [{index}] has none"
        if not isinstance(entry["patch"], dict) or not entry["patch"]:
            return f"a list whose every patch is a dictionary with something in it; [{index}].patch is not"
        if entry["kind"] in UNPATCHED:
            return f"a list without {entry['kind']}, whose content comes from references; [{index}] has that kind"
    return None


def in_cluster(host: str) -> str | None:
    """The namespace of a service named C(<service>.<namespace>.svc), else None."""
    found = _IN_CLUSTER.fullmatch(host)
    return found["namespace"] if found else None


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def endpoint(url: str) -> tuple[str, int] | None:
    """Host and port of an C(http) or C(https) URL without a path, else None."""
    found = _ENDPOINT.fullmatch(url)
    if not found:
        return None
    return found["host"], int(found["port"] or {"http": 80, "https": 443}[found["scheme"]])


def services(values: t.Mapping[str, t.Any]) -> list[tuple[str, str]]:
    """Variable and host of every platform service a tenant with these attributes uses."""
    cluster = values["postgresql_clusters"][values["postgresql_cluster"]]
    redis = values["redis_instances"][values["redis_instance"]]
    store = endpoint(values["object_store"]["endpoint"])
    return [
        *(("odoo_postgresql_clusters", host) for host in rules.hosts(cluster["host"])),
        *(("odoo_redis_instances", host) for host in rules.hosts(redis["host"])),
        ("odoo_object_store", store[0] if store else ""),
        ("odoo_smtp_host", values["smtp_host"]),
    ]


def relations(values: t.Mapping[str, t.Any]) -> list[str]:
    """Rules for a tenant on Kubernetes that need more than one variable; ``values`` are attributes, otherwise correct."""
    return [*_image(values), *_sizes(values), *_destinations(values)]


def _image(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if not _BY_DIGEST.fullmatch(values["image"]):
        yield (
            f"odoo_image={values['image']!r}: must be registry/repository@sha256:… with odoo_runtime='kubernetes', because "
            "nodes pull it; the role images records digests when images_registry is set"
        )


def _sizes(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if values["kubernetes_cpu_request"] > values["cpus"]:
        yield f"odoo_kubernetes_cpu_request={values['kubernetes_cpu_request']!r}: must not exceed odoo_cpus={values['cpus']!r}"
    most = values["kubernetes_web_replicas_max"]
    if most is None:
        return
    if most <= values["web_replicas"]:
        yield f"odoo_kubernetes_web_replicas_max={most!r}: must be more than odoo_web_replicas={values['web_replicas']!r}, or unset"
    if values["packing"] == "compact":
        yield f"odoo_kubernetes_web_replicas_max={most!r}: must be unset with odoo_packing='compact', which is one process"


def _destinations(values: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    url = values["object_store"]["endpoint"]
    if not endpoint(url):
        yield f"odoo_object_store.endpoint={url!r}: must be a URL such as https://s3.example.com:8333"
        return
    if values["kubernetes_service_networks"]:
        return
    for variable, host in services(values):
        if not is_address(host) and not in_cluster(host):
            yield (
                f"odoo_kubernetes_service_networks=[]: must have the networks of {host} ({variable}), which is neither an "
                "address nor <service>.<namespace>.svc"
            )


def names(tenant: str, chosen: str, traefik: str) -> list[str]:
    """What is wrong with the namespace that is ``chosen`` for a tenant; every text names its variable."""
    found = []
    if len(tenant) > NAME_LENGTH:
        found.append(
            f"odoo_tenant={tenant!r}: must have at most {NAME_LENGTH} characters with odoo_runtime='kubernetes'"
        )
    problem = namespace(chosen)
    if problem or chosen == traefik:
        found.append(f"odoo_kubernetes_namespace={chosen!r}: must be {problem or 'another than Traefik has'}")
    return found
