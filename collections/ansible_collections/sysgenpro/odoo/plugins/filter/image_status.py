# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_status
short_description: What a host lacks of the planned images
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Compares the images of P(sysgenpro.odoo.image_plan#lookup) with those a Docker engine has.
positional: engine
options:
  _input:
    description: The planned images.
    type: list
    elements: dict
    required: true
  engine:
    description: C(images) as P(community.docker.docker_host_info#module) returns them with C(verbose_output).
    type: list
    elements: dict
    required: true
  registry:
    description: The registry the images are pushed to; empty for none.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show what is to be built
  ansible.builtin.debug:
    msg: "{{ (plan | sysgenpro.odoo.image_status(engine.images)).missing }}"
"""

RETURN = r"""
_value:
  description:
    - C(missing) and C(unpushed) are planned images, in the order of the plan. C(lock) is the lock's content for those the
      engine has.
  type: dict
"""

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._images.status import status


def image_status(
    planned: list[dict[str, t.Any]], engine: list[dict[str, t.Any]], registry: str = ""
) -> dict[str, t.Any]:
    """Return what is missing, what is not pushed, and the lock."""
    return status(planned, engine, registry=registry)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"image_status": image_status}
