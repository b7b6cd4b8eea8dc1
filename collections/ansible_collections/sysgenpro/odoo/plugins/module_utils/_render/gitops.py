# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's objects as files of a git repository that Argo CD or Flux applies.

One folder a tenant, C(<region>/<environment>/<tenant>), that C(kubectl apply --kustomize) takes as it is. Secrets and Jobs are
not in it: the ones hold values, the others do something once.
"""

from __future__ import annotations

import typing as t

from .containers import LABEL
from .yaml_text import document

if t.TYPE_CHECKING:
    from .kubernetes.types import Desired, Manifest

KUSTOMIZATION = "kustomization.yaml"
NOT_IN_GIT = frozenset({"Secret", "Job", "CronJob"})
_NOTICE = "# Written by the playbook render; a change belongs into the inventory.\n"


def folder(desired: Desired) -> str:
    return f"{desired.region}/{desired.environment}/{desired.tenant}"


def tree(desired: Desired) -> dict[str, str]:
    """The tenant's files: path, relative and with slashes, to text. Everything else in ``folder`` is out of date.

    :raises ValueError: for an object that must not be in git.
    """
    files = {}
    for manifest in desired.objects:
        if manifest["kind"] in NOT_IN_GIT:
            raise ValueError(f"{manifest['kind']} {manifest['metadata']['name']} must not be written to git")
        files[_file_name(manifest)] = _NOTICE + document(manifest)
    files[KUSTOMIZATION] = _NOTICE + document(_kustomization(list(files)))
    return {f"{folder(desired)}/{name}": text for name, text in files.items()}


def _kustomization(resources: list[str]) -> dict[str, t.Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
        # In the order above, which is the order odoo_stack applies in.
        "sortOptions": {"order": "fifo"},
    }


def _file_name(manifest: Manifest) -> str:
    """Kind and name; a ConfigMap has its workload's, so that a changed content is a change of one file."""
    kind, metadata = manifest["kind"], manifest["metadata"]
    name = metadata["labels"][f"{LABEL}workload"] if kind == "ConfigMap" else metadata["name"]
    return f"{kind.lower()}-{name}.yaml"
