# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths and selectors of the API of Kubernetes."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

if t.TYPE_CHECKING:
    from .._model.kubernetes_kinds import Kind


def collection_path(kind: Kind, namespace: str = "") -> str:
    """Path of all objects of a kind, in one namespace or in the whole cluster."""
    root = f"/api/{kind.api_version}" if "/" not in kind.api_version else f"/apis/{kind.api_version}"
    return f"{root}/namespaces/{quote(namespace)}/{kind.plural}" if namespace else f"{root}/{kind.plural}"


def object_path(kind: Kind, namespace: str, name: str) -> str:
    """Path of one object."""
    return f"{collection_path(kind, namespace if kind.namespaced else '')}/{quote(name)}"


def selector(labels: t.Mapping[str, str]) -> str:
    """A label selector that wants every one of ``labels``; an empty value means any value."""
    return ",".join(f"{key}={value}" if value else key for key, value in sorted(labels.items()))
