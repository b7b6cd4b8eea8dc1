# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_build_failure
short_description: Why an image could not be built
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Shortens the message of M(community.docker.docker_image), which holds the whole log, to the cause and the last lines.
options:
  _input:
    description: The message.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say what failed
  ansible.builtin.fail:
    msg: "{{ ansible_failed_result.msg | sysgenpro.odoo.image_build_failure }}"
"""

RETURN = r"""
_value:
  description: The cause, then the last lines of the log.
  type: str
"""

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._images.status import build_failure


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filter by its name."""
        return {"image_build_failure": build_failure}
