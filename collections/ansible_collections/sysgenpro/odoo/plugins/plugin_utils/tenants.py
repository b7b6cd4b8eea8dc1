# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants of the inventory with what they authenticate with, read in the controller's process for action plugins."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.loader import lookup_loader
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import Secrets, parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, declared, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant, OdooError

#: What a tenant's processes authenticate with; the secret's name is <tenant>/<purpose>.
PURPOSES = ("database", "redis", "s3_access_key", "s3_secret_key", "master")
#: What else is compared with what there is.
FURTHER_PURPOSES = ("reporting",)
_SECRET_OPTIONS = ("odoo_secret_source", "odoo_secret_path", "odoo_secret_generate")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A tenant with everything its rendering needs. ``variables`` are what declares it, ``values`` its secrets by purpose."""

    tenant: Tenant
    variables: dict[str, t.Any] = dataclasses.field(repr=False)
    values: dict[str, str] = dataclasses.field(repr=False)
    ca: str = dataclasses.field(repr=False)

    @property
    def secrets(self) -> Secrets:
        of_processes = {name: value for name, value in self.values.items() if name not in FURTHER_PURPOSES}
        return parse_secrets(of_processes, host=self.tenant.tenant)


class Reader:
    """Reads tenants as the role odoo reads them.

    :param action: the action plugin, for its loader and templar.
    """

    def __init__(self, action: t.Any, task_vars: dict[str, t.Any]) -> None:
        self._hostvars = task_vars["hostvars"]
        self._views: dict[str, t.Mapping[str, t.Any]] = {}
        self._secret = lookup_loader.get("sysgenpro.odoo.secret", loader=action._loader, templar=action._templar)
        self._local_ca = lookup_loader.get("sysgenpro.odoo.local_ca", loader=action._loader, templar=action._templar)

    def tenant(self, host: str) -> tuple[Tenant, dict[str, t.Any]]:
        variables = declared(self._view(host))
        variables.setdefault("odoo_tenant", host)
        return parse(variables, host=host), variables

    def name(self, host: str) -> str:
        """The tenant's name, without a look at the rest of its variables."""
        return str(self._view(host).get("odoo_tenant") or host)

    def _view(self, host: str) -> t.Mapping[str, t.Any]:
        """A host's variables, merged once: that takes as long as reading them all."""
        if host not in self._views:
            self._views[host] = self._hostvars[host]
        return self._views[host]

    def entry(
        self,
        host: str,
        wanted: t.Callable[[Tenant], bool],
        *,
        certificate: bool = True,
        purposes: tuple[str, ...] = PURPOSES,
    ) -> Entry | None:
        tenant, variables = self.tenant(host)
        if not wanted(tenant):
            return None
        options = self._options(variables)
        values = dict(
            zip(purposes, self._secret.run([f"{tenant.tenant}/{name}" for name in purposes], variables=options))
        )
        if not certificate:
            return Entry(tenant, variables, values, "")
        pair, ca = self._certificate(tenant, host, options)
        return Entry(tenant, variables, {**values, **pair}, ca)

    def provisioner(self, host: str, service: str) -> str:
        """The password of a service's administrator, as the tenants that use it are told.

        :param service: C(postgresql/<cluster>) or C(redis/<instance>).
        """
        options = self._options(self._view(host))
        return str(self._secret.run([f"{service}/provisioner"], variables=options)[0])

    @staticmethod
    def _options(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        return {name: variables[name] for name in _SECRET_OPTIONS if name in variables}

    def _certificate(self, tenant: Tenant, host: str, options: dict[str, t.Any]) -> tuple[dict[str, str], str]:
        path = {"certificates_path": self._view(host).get("certificates_path")}
        names = [tenant.host, tenant.integration_host]
        issued = self._local_ca.run([f"tenant-{tenant.tenant}"], variables=path, names=names)[0]
        if tenant.certificate_provider == "provided":
            terms = [f"{tenant.tenant}/tls_certificate", f"{tenant.tenant}/tls_private_key"]
            certificate, key = self._secret.run(terms, variables=options)
            return {"certificate": certificate, "private_key": key}, issued["ca"]
        return {key: issued[key] for key in ("certificate", "private_key")}, issued["ca"]

    def entries(self, hosts: t.Iterable[str], wanted: t.Callable[[Tenant], bool]) -> list[Entry]:
        """The tenants that are wanted.

        :raises AnsibleActionFail: with every problem of every tenant.
        """
        return list(self._read(hosts, lambda host: self.entry(host, wanted)).values())

    def many(self, hosts: t.Iterable[str], *, certificates: t.Container[str]) -> dict[str, Entry]:
        """Tenants by inventory host, those of ``certificates`` with theirs.

        :raises AnsibleActionFail: with every problem of every tenant.
        """
        purposes = (*PURPOSES, *FURTHER_PURPOSES)

        def read(host: str) -> Entry | None:
            return self.entry(host, lambda _tenant: True, certificate=host in certificates, purposes=purposes)

        return self._read(hosts, read)

    @staticmethod
    def _read(hosts: t.Iterable[str], read: t.Callable[[str], Entry | None]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        problems: list[str] = []
        for host in hosts:
            try:
                entry = read(host)
                if entry:
                    found[host] = entry
            except InvalidTenant as error:
                problems += error.problems
            except (OdooError, AnsibleError) as error:
                problems.append(f"{host}: {getattr(error, 'message', error)}")
        if problems:
            raise AnsibleActionFail("\n".join(["The inventory is refused:", *problems]))
        return found
