# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery points of tenants: taking, checking, verifying and restoring the files they name.

Runs in the image `recovery`. `manifest`, `check` and `request` are pure; `store`, `database` and `seal` do the
input and output, each towards one kind of service.
"""
