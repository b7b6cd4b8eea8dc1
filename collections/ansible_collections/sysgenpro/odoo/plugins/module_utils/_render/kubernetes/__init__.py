# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's Kubernetes objects.

``render(tenant, secrets, ca) -> Desired`` in C(render.py) is the entry; Desired and Wait are in C(types.py).
"""
