# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster remembers of a tenant in annotations of its namespace, and what is declared accordingly."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._model.kubernetes_kinds import KINDS, REGION_LABEL, REST_ANNOTATION, SERVED_ANNOTATION, TENANT_LABEL
from .._plan.schedule import Rest
from .._render.kubernetes.asleep import asleep, remembering
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._render.kubernetes.types import Desired

Object = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Server:
    """A restored server that serves the tenant in its cluster's place."""

    host: str
    port: int


R = t.TypeVar("R", Rest, Server)


def rest_of(namespace: Object | None) -> Rest:
    """What the tenant's namespace says of its sleep; awake where it is not there or says nothing.

    :raises OdooError: its annotation was written by somebody else.
    """
    return _read(namespace, REST_ANNOTATION, Rest) or Rest()


def server_of(namespace: Object | None) -> Server | None:
    """The restored server that the namespace names, or None.

    :raises OdooError: its annotation was written by somebody else.
    """
    return _read(namespace, SERVED_ANNOTATION, Server)


def _read(namespace: Object | None, annotation: str, kind: type[R]) -> R | None:
    metadata = (namespace or {}).get("metadata") or {}
    text = (metadata.get("annotations") or {}).get(annotation, "")
    try:
        return kind(**json.loads(text)) if text else None
    except (ValueError, TypeError):
        name = metadata["name"]
        raise OdooError(
            f"Annotation {annotation} of namespace {name} is not what this collection writes: {text!r}",
            hint=f"Remove it with 'kubectl annotate namespace {name} {annotation}-', which forgets what it said",
        ) from None


def declared(awake: Desired, rest: Rest, server: Server | None = None) -> Desired:
    """What is to be there of a tenant that rests as said and is served as said.

    :param awake: what it is rendered to, with its database at ``server`` where there is one.
    """
    remembered: dict[str, Rest | Server] = {}
    if rest != Rest():
        remembered[REST_ANNOTATION] = rest
    if server:
        remembered[SERVED_ANNOTATION] = server
    texts = {name: json.dumps(dataclasses.asdict(value), sort_keys=True) for name, value in remembered.items()}
    return remembering(asleep(awake) if rest.asleep else awake, texts)


def of_region(api: KubernetesApi, region: str) -> dict[str, Rest]:
    """By name, what the cluster remembers of the sleep of each tenant of a region that is there."""
    found = api.select(KINDS["v1", "Namespace"], labels={REGION_LABEL: region, TENANT_LABEL: ""}) or []
    return {item["metadata"]["labels"][TENANT_LABEL]: rest_of(item) for item in found}
