# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster remembers of a tenant's sleep, and what is declared accordingly."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._model.kubernetes_kinds import KINDS, REGION_LABEL, REST_ANNOTATION, TENANT_LABEL
from .._plan.schedule import Rest
from .._render.kubernetes.asleep import asleep, remembering
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._render.kubernetes.types import Desired

Object = t.Mapping[str, t.Any]


def of(namespace: Object | None) -> Rest:
    """What the tenant's namespace says; awake where it is not there or says nothing.

    :raises OdooError: its annotation was written by somebody else.
    """
    text = ((namespace or {}).get("metadata") or {}).get("annotations", {}).get(REST_ANNOTATION, "")
    try:
        return Rest(**json.loads(text)) if text else Rest()
    except (ValueError, TypeError):
        name = t.cast("Object", namespace)["metadata"]["name"]
        raise OdooError(
            f"Annotation {REST_ANNOTATION} of namespace {name} is not what sleep and wake write: {text!r}",
            hint=f"Remove it with 'kubectl annotate namespace {name} {REST_ANNOTATION}-'; the tenant then counts as awake",
        ) from None


def declared(awake: Desired, rest: Rest) -> Desired:
    """What is to be there of a tenant that rests as said; ``awake`` is what it is rendered to."""
    text = "" if rest == Rest() else json.dumps(dataclasses.asdict(rest), sort_keys=True)
    return remembering(asleep(awake) if rest.asleep else awake, text)


def of_region(api: KubernetesApi, region: str) -> dict[str, Rest]:
    """By name, what the cluster remembers of each tenant of a region that is there."""
    found = api.select(KINDS["v1", "Namespace"], labels={REGION_LABEL: region, TENANT_LABEL: ""}) or []
    return {item["metadata"]["labels"][TENANT_LABEL]: of(item) for item in found}
