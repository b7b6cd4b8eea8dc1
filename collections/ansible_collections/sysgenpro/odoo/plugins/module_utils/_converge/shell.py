# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program in Odoo's shell, in a container or Job of its own beside what serves."""

from __future__ import annotations

import typing as t

from .._adapters import files
from .._model.capacity import workloads
from .._render import odoo_conf
from .._render.containers import LABEL, digest
from .._support.errors import OdooError
from .one_off import OneOff

if t.TYPE_CHECKING:
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .one_off import Runner

#: Odoo's shell rolls back when it ends.
COMMIT = "\nenv.cr.commit()\n"
SCRIPT = "plain/shell.py"
ARGV = ("/bin/sh", "-c", "exec odoo shell --log-level=warn < /etc/odoo/shell.py")
#: Lines of output that are kept.
LINES = 2000


def run_script(jobs: Runner, tenant: Tenant, secrets: Secrets, script: str, *, commit: bool) -> list[str]:
    """Run ``script`` with C(env) and C(self) as in C(odoo shell); its output's last lines.

    :param commit: keep what it wrote; otherwise everything it did to the database is rolled back.
    :raises OdooError: with the last lines, where it fails.
    """
    ca = files.read(tenant.ca_file)
    if ca is None:
        raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
    text = script + (COMMIT if commit else "")
    # Nobody joins another one's program; a run that was killed is joined, or cleared away, by the next of the same.
    name = f"{tenant.tenant}-shell-{digest(text)}"
    job = OneOff(
        name=name,
        image=tenant.image,
        argv=ARGV,
        directory=f"{tenant.config_path}/.{name}",
        files=(*odoo_conf.files(tenant, workloads(tenant)[0], secrets, ca), odoo_conf.File(SCRIPT, text)),
        labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "shell"},
        lines=LINES,
    )
    return jobs.run_once(job)
