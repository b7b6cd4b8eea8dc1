# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: images_to_pull
short_description: The locked images a host lacks
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Reads the lock that P(sysgenpro.odoo.images#role) wrote. A component without a digest and a digest of a registry that is not
    approved are errors.
positional: engine, components, approved
options:
  _input:
    description: The file.
    type: path
    required: true
  engine:
    description: C(images) as P(community.docker.docker_host_info#module) returns them with C(verbose_output).
    type: list
    elements: dict
    required: true
  components:
    description: The components the host runs.
    type: list
    elements: str
    required: true
  approved:
    description: Registries that images may come from, each with or without a path.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is to be pulled
  ansible.builtin.debug:
    msg: "{{ images_lock_file | sysgenpro.odoo.images_to_pull(engine.images, ['redis'], ['registry.example.com']) }}"
"""

RETURN = r"""
_value:
  description: References by digest, in the order of the components.
  type: list
  elements: str
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleFilterError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images import lock
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images.status import by_reference
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError


def images_to_pull(path: str, engine: list[dict[str, t.Any]], components: list[str], approved: list[str]) -> list[str]:
    """Return the digests of the lock that the engine does not have."""
    try:
        entries = lock.to_pull(lock.read(Path(path)), components, approved, origin=path)
    except OdooError as error:
        raise AnsibleFilterError(str(error)) from None
    present = by_reference(engine)
    return [entry.digest for entry in entries if entry.digest not in present]


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"images_to_pull": images_to_pull}
