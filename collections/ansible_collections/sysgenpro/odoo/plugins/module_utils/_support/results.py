# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module runs: one place that turns errors into ``fail_json``."""

from __future__ import annotations

import typing as t

from .errors import OdooError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule, verb: str, work: t.Callable[[], dict[str, t.Any]]) -> None:
    """Call ``work`` and exit with its result, or fail with "Failed to <verb>: <cause>".

    :param verb: verb and object, for example ``"converge the stack of acme_production"``.
    """
    try:
        result = work()
    except OdooError as error:
        module.fail_json(msg=f"Failed to {verb}: {error}", **error.details)
    except OSError as error:
        module.fail_json(msg=f"Failed to {verb}: {error}")
    else:
        module.exit_json(**result)
