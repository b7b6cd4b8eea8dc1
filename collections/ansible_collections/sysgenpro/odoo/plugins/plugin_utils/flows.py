# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where tenants' data goes, read from the hosts of the inventory: what residency judges."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import kubernetes, residency, rules
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.residency import Flows, Node

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

_HOST_OF_URL = re.compile(r"(?:[a-z0-9+]+://)?\[?(?P<host>[A-Za-z0-9._-]+)\]?(?::[0-9]+)?(?:/.*)?")
#: Options of Docker's logging drivers that name where logs go (Docker's manual, "Configure logging drivers").
LOG_OPTIONS = ("syslog-address", "gelf-address", "fluentd-address", "splunk-url", "loki-url", "awslogs-endpoint")
#: Of the role redis: what a host that says nothing serves.
DEFAULTS = {"redis_instance": "shared"}


def leaks(tenants: t.Sequence[Tenant], task_vars: t.Mapping[str, t.Any], *, group: str = "tenants") -> list[str]:
    """What leaves where the inventory's C(residency_policy) pins it to; nothing where there is no policy."""
    policy = task_vars.get("residency_policy") or {}
    wrong = residency.policy_problems(policy)
    if wrong:
        return wrong
    written = residency.parse_policy(policy)
    bound = [tenant for tenant in tenants if residency.binding(written, tenant)]
    return residency.problems(bound, Reader(task_vars, group=group).flows(bound), policy) if bound else []


class Reader:
    """Makes the graph of flows from the variables of the platform's hosts."""

    def __init__(self, task_vars: t.Mapping[str, t.Any], *, group: str = "tenants") -> None:
        self._hostvars = task_vars["hostvars"]
        self._groups = task_vars.get("groups", {})
        tenants = set(self._groups.get(group, []))
        self._hosts = [host for host in self._groups.get("all", []) if host not in tenants]
        self._regions = {host: str(self._of(host, "odoo_region")) for host in self._hosts}
        self._locations = {
            host: str(self._of(host, "residency_location") or self._regions[host]) for host in self._hosts
        }
        self._declared: dict[str, t.Mapping[str, str]] = {}
        for host in self._hosts:
            # A region's own, as its hosts know it.
            self._declared.setdefault(self._regions[host], self._of(host, "residency_locations", {}))
        self._addresses: dict[str, list[str]] = {}
        for host in self._hosts:
            known = {host, *(str(self._of(host, name)) for name in ("docker_host_private_address", "ansible_host"))}
            for address in known - {""}:
                self._addresses.setdefault(address, []).append(host)
        self._nodes: dict[str, Node] = {}
        self._edges: dict[str, list[str]] = {}

    def flows(self, tenants: t.Iterable[Tenant]) -> Flows:
        for tenant in tenants:
            builders = (self._place, self._database, self._sessions, self._store, self._mail)
            for name, build in zip(residency.entries(tenant), builders):
                if name not in self._nodes:
                    build(name, tenant)
        return Flows(self._nodes, {name: tuple(following) for name, following in self._edges.items()})

    def _of(self, host: str, variable: str, default: t.Any = "") -> t.Any:
        """A host's variable; the default where it is not set."""
        value = self._hostvars[host].get(variable)
        return default if value is None else value

    def _in(self, group: str, region: str, **wanted: str) -> list[str]:
        """Hosts of a group in a region whose variables have the ``wanted`` values."""
        return [
            host
            for host in self._groups.get(group, [])
            if self._regions.get(host) == region
            and all(self._of(host, key, DEFAULTS.get(key, "")) == value for key, value in wanted.items())
        ]

    def _add(self, name: str, kind: str, location: str, text: str, *, after: str = "") -> str:
        self._nodes.setdefault(name, Node(name, kind, location, text))
        if after and name not in self._edges.setdefault(after, []):
            self._edges[after].append(name)
        return name

    def _host(self, host: str, kind: str, *, after: str = "") -> str:
        """The host as a place of data of some kind, with its logs."""
        name = self._add(f"{kind}/{host}", kind, self._locations.get(host, ""), host, after=after)
        self._logs(name, host)
        return name

    def _logs(self, after: str, host: str) -> None:
        if host not in self._locations:
            return
        logs = self._add(f"logs/{host}", "logs", self._locations[host], f"logs of {host}", after=after)
        options = (self._of(host, "docker_host_daemon_options", {}) or {}).get("log-opts", {})
        for option in LOG_OPTIONS:
            if option in options:
                where = f"docker_host_daemon_options.log-opts.{option}={options[option]}"
                self._address(where, "logs", str(options[option]), self._regions[host], after=logs)

    def _address(self, said: str, kind: str, url: str, region: str, *, after: str) -> str:
        """A service by its address: a host of the inventory, or what residency_locations knows."""
        found = _HOST_OF_URL.fullmatch(url)
        address = found["host"] if found else url
        host, location = self._where(address, region)
        text = f"{said} ({host})" if host and host != address else said
        return self._add(f"{kind}/{region}/{said}/{address}", kind, location, text, after=after)

    def _where(self, address: str, region: str) -> tuple[str, str]:
        """Host and location of an address; the region's own hosts count first, because private networks repeat."""
        hosts = self._addresses.get(address, [])
        near = [host for host in hosts if self._regions[host] == region] or hosts
        if near and len({self._locations[host] for host in near}) == 1:
            return near[0], self._locations[near[0]]
        if not near and kubernetes.in_cluster(address):
            clusters = {self._locations[host] for host in self._in("kubernetes_clusters", region)}
            return "", clusters.pop() if len(clusters) == 1 else ""
        return "", residency.locate(address, self._declared.get(region, {}))

    def _service(self, name: str, said: str, kind: str, addresses: t.Iterable[str], region: str) -> None:
        """A service, which is no place by itself, and the addresses at which it is reached."""
        self._add(name, "", "", said)
        for address in addresses:
            self._address(f"host {address}", kind, address, region, after=name)

    def _place(self, name: str, tenant: Tenant) -> None:
        host = tenant.place
        self._add(name, "runtime", self._locations.get(host, ""), f"odoo_place={host}")
        self._logs(name, host)

    def _database(self, name: str, tenant: Tenant) -> None:
        cluster, region = tenant.postgresql_cluster, tenant.region
        self._service(
            name, f"odoo_postgresql_cluster={cluster}", "database", rules.hosts(tenant.postgresql.host), region
        )
        for host in self._in("postgresql", region, postgresql_cluster=cluster):
            member = self._host(host, "database", after=name)
            for index, repository in enumerate(self._of(host, "postgresql_backup_repositories", [])):
                address = str(repository.get("host", ""))
                said = f"postgresql_backup_repositories[{index}] {address}"
                self._address(said, "backup", address, region, after=member)
        for host in self._in("postgresql_backup", region, postgresql_cluster=cluster):
            # Where a cluster is restored to.
            self._host(host, "backup", after=name)

    def _sessions(self, name: str, tenant: Tenant) -> None:
        instance = tenant.redis_instance
        self._service(
            name, f"odoo_redis_instance={instance}", "sessions", rules.hosts(tenant.redis.host), tenant.region
        )
        for host in self._in("redis", tenant.region, redis_instance=instance):
            self._host(host, "sessions", after=name)

    def _store(self, name: str, tenant: Tenant) -> None:
        """Attachments, and the evidence bucket beside them; both are copied by the region's copying hosts."""
        endpoint, region = str(tenant.object_store["endpoint"]), tenant.region
        self._add(name, "", "", "odoo_object_store")
        stored = [
            self._address(f"{kind} {endpoint}", kind, endpoint, region, after=name)
            for kind in ("attachments", "evidence")
        ]
        for host in self._in("attachments_copy", region):
            if self._of(host, "attachments_copy_source", {}).get("endpoint") != endpoint:
                continue
            copying = self._host(host, "copy", after=stored[0])
            self._edges.setdefault(stored[1], []).append(copying)
            destination = str(self._of(host, "attachments_copy_destination", {}).get("endpoint"))
            self._address(
                f"attachments_copy_destination.endpoint={destination}", "copy", destination, region, after=copying
            )

    def _mail(self, name: str, tenant: Tenant) -> None:
        self._service(name, "odoo_smtp_host", "mail", [tenant.smtp_host], tenant.region)
