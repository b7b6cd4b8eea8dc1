"""A region of compact tenants that run: Docker hosts, services, and an inventory of each size."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import threading
import time
import typing as t
from pathlib import Path

import fleet_inventory
import fleet_machines
import fleet_services
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fleet_request import Asked, parse_request
from fleet_machines import Machines
from fleet_services import Services
from measuring import ROOT, Measured, run_playbook, say

POPULATE = ROOT / "benchmarks/lib/fleet_populate.py"


class Fleet:
    """The hosts and services, and an inventory of each size."""

    def __init__(self, folder: Path, machines: Machines, services: Services, sizes: t.Collection[int]) -> None:
        self.folder, self.machines, self.services = folder, machines, services
        self.largest = max(sizes)
        self.names = fleet_inventory.tenant_names(self.largest)
        self.asked: dict[str, dict[str, Asked]] = {}
        self.filled = 0
        for size in sizes:
            names = self.names[:size]
            fleet_inventory.write(self.inventory(size), services.secrets, names, machines.places, offered())

    def inventory(self, size: int) -> Path:
        return self.folder / f"inventory-{size}"

    def play(self, size: int, *arguments: str) -> Measured:
        return run_playbook("-i", "inventories/catalogue", "-i", str(self.inventory(size)), *arguments)

    def tenants(self, size: int) -> list[Asked]:
        chosen = set(self.names[:size])
        return [one for place in self.asked.values() for name, one in place.items() if name in chosen]

    def read(self) -> None:
        """Make every tenant's secrets and certificates, and learn them."""
        requests = self.folder / "requests"
        requests.mkdir(mode=0o700)
        self.play(self.largest, "benchmarks/playbooks/fleet_requests.yml", "-e", f"fleet_folder={requests}")
        for name in self.machines.names:
            text = (requests / f"{name}.json").read_text(encoding="utf-8")
            self.asked[name] = dict(parse_request(text).tenants)

    def fill(self, size: int) -> None:
        """Bring up the tenants of this size that are not there yet."""
        wanted = set(self.names[self.filled : size])
        started = time.monotonic()
        threads = []
        for place in self.machines.names:
            request = json.loads((self.folder / "requests" / f"{place}.json").read_text(encoding="utf-8"))
            request["tenants"] = {name: entry for name, entry in request["tenants"].items() if name in wanted}
            path = self.folder / "requests" / f"{place}-{size}.json"
            path.write_text(json.dumps(request), encoding="utf-8")
            arguments = (place, "/usr/bin/python3", str(POPULATE), str(path))
            threads.append(threading.Thread(target=self.machines.run, args=arguments))
        for thread in threads:
            thread.start()
        self.services.fill(one for one in self.tenants(size) if one.tenant.tenant in wanted)
        for thread in threads:
            thread.join()
        running = sum(len(self.machines.run(place, "docker", "ps", "--quiet").split()) for place in self.machines.names)
        if running != size:
            sys.exit(f"{running} of {size} tenants run")
        self.filled = size
        _settle()
        say(f"{size} tenants run, {len(wanted)} of them started in {time.monotonic() - started:.0f} s")


def _settle(quiet: float = 0.5, seconds: int = 300) -> None:
    """Wait until the processors have half of their time left: a thousand starts are not over with the last command."""
    deadline = time.monotonic() + seconds
    while _busy(2.0) > quiet:
        if time.monotonic() > deadline:
            sys.exit(f"The machine is not quiet {seconds} s after the tenants were started")


def _busy(seconds: float) -> float:
    """The share of its time in which this machine's processors were busy."""

    def look() -> tuple[int, int]:
        fields = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    before = look()
    time.sleep(seconds)
    total, idle = (after - old for after, old in zip(look(), before, strict=True))
    return 1 - idle / total


def offered() -> dict[str, t.Any]:
    """What the region offers its tenants."""
    return {
        "odoo_image": fleet_machines.STAND_IN,
        "odoo_traefik_dynamic_path": "/etc/sysgenpro/traefik/dynamic",
        "odoo_ca_file": "/etc/sysgenpro/ca.crt",
        "odoo_postgresql_clusters": {"shared": fleet_services.CLUSTER},
        "odoo_redis_instances": {"shared": fleet_services.REDIS},
        "odoo_object_store": {"endpoint": f"https://{fleet_machines.GATEWAY}:8333", "region": "us-east-1"},
        "odoo_smtp_host": fleet_machines.GATEWAY,
        "odoo_modules": ["sale_management", "stock", "point_of_sale", "account"],
    }


def prepare(machines: Machines, services: Services) -> None:
    """What the roles docker_host and traefik leave on a host."""
    machines.load_stand_in()
    for name in machines.names:
        etc = machines.folder / name / "etc"
        (etc / "traefik/dynamic").mkdir(parents=True)
        shutil.copy(services.ca, etc / "ca.crt")
    machines.start_traefik(machines.names[0])


@contextlib.contextmanager
def running(folder: Path, places: int, sizes: t.Collection[int]) -> t.Iterator[Fleet]:
    """A fleet whose hosts and services run and have no tenants yet; everything is removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    secrets = folder / "secrets"
    fleet_inventory.authority(secrets)
    try:
        with Machines(folder / "machines", places) as machines, Services(folder / "services", secrets) as services:
            fleet = Fleet(folder, machines, services, sizes)
            prepare(machines, services)
            fleet.read()
            yield fleet
    finally:
        shutil.rmtree(folder, ignore_errors=True)
