#!/usr/bin/env python3
"""The Docker stack beside its peers, on the running local region: new_tenant, tenant_calls, rollout_failed_requests, stack_noop.

Needs ./quickstart.sh to have run. BENCH_RUNS sets how often each side is measured (5), BENCH_METRICS which metrics (all).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path

import yaml
from load import Load
from localhost import https_status
from measuring import CA, INVENTORIES, ROOT, SECRETS, environment, median, playbook, result, runs, say

TENANT = "acme_production"
BENCH = "bench_tenant"
BENCH_HOST = "bench.localhost"


def until_it_serves(inventory: str, initialise: str) -> float:
    """Seconds from the start of ansible-playbook to the first HTTPS 200 of a tenant that did not exist."""
    argv = ["ansible-playbook", *INVENTORIES, "-i", inventory, "playbooks/tenants.yml", "--limit", BENCH]
    with tempfile.NamedTemporaryFile() as report:
        started = time.monotonic()
        extra = ["-e", f"odoo_database_initialise={initialise}"]
        process = subprocess.Popen(
            [*argv, *extra],
            cwd=ROOT,
            env=environment(report.name),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        served = 0.0
        while process.poll() is None and not served:
            page = https_status(f"https://{BENCH_HOST}/web/login", CA, seconds=10)
            served = time.monotonic() - started if page == 200 else 0.0
            time.sleep(0.05)
        out, _err = process.communicate()
    if process.returncode or not served:
        sys.exit(f"the new tenant did not come up:\n{out[-3000:]}")
    return served


def new_tenant() -> None:
    """A tenant cloned from the template beside the same tenant initialised module by module."""
    with tempfile.TemporaryDirectory() as folder:
        inventory = f"{folder}/hosts.yml"
        variables = {
            "odoo_environment": "production",
            "odoo_tier": "standard",
            "odoo_host": BENCH_HOST,
            "odoo_runtime": "docker",
            # Secrets and the image lock lie beside the region's inventory, not beside this file.
            "inventory_dir": str(ROOT / "inventories/local"),
        }
        Path(inventory).write_text(yaml.safe_dump({"tenants": {"hosts": {BENCH: variables}}}), encoding="utf-8")
        remove = ("-i", inventory, "scripts/remove_tenants.yml", "-e", f"remove={BENCH}")
        playbook(*remove)
        until_it_serves(inventory, "clone")  # makes the template where it is missing; not counted
        playbook(*remove)
        sides: dict[str, list[float]] = {"clone": [], "init": []}
        for number in range(runs()):
            for side, times in sides.items():
                times.append(until_it_serves(inventory, side))
                say(f"new_tenant {number + 1}/{runs()} {side}: {times[-1]:.1f} s")
                playbook(*remove)
    ours, theirs = median(sides["clone"]), median(sides["init"])
    ratio = round(theirs / ours, 2)
    result(
        "new_tenant",
        ours,
        "s",
        "ratio >= 8",
        peer="the same playbook, database initialised",
        peer_value=theirs,
        ratio=ratio,
        runs=sides,
    )


def tenant_calls() -> None:
    """Module calls of a second run for a converged tenant."""
    playbook("playbooks/tenants.yml", "--limit", TENANT)
    measured = [playbook("playbooks/tenants.yml", "--limit", TENANT) for _number in range(runs())]
    calls, changed = max(item.calls for item in measured), sum(item.changed for item in measured)
    result(
        "tenant_calls",
        calls,
        "calls",
        "<= 4 and 0 changed",
        changed=changed,
        seconds=median([item.seconds for item in measured]),
        runs=len(measured),
    )


def rollout_failed_requests() -> None:
    """Requests that fail while the web containers are replaced under load, and while they are restarted as the negative control."""
    seconds = float(os.environ.get("BENCH_SECONDS", "75"))
    changes = [json.dumps({"odoo_config": {"limit_time_real": 300 + number}}) for number in range(2)]
    ours = under_load(
        seconds, lambda: [playbook("playbooks/tenants.yml", "--limit", TENANT, "-e", change) for change in changes]
    )
    playbook("playbooks/tenants.yml", "--limit", TENANT)
    names = subprocess.run(
        [
            "docker",
            "ps",
            "--format",
            "{{.Names}}",
            "--filter",
            f"label=sysgenpro.odoo/tenant={TENANT}",
            "--filter",
            "label=sysgenpro.odoo/workload=web",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    control = under_load(30.0, lambda: subprocess.run(["docker", "restart", *names], check=True, capture_output=True))
    result(
        "rollout_failed_requests",
        ours.failed,
        "requests",
        "0 failed, 0 sessions lost, >= 20 requests/s for >= 60 s",
        peer="docker restart of the same containers (negative control)",
        peer_value=control.failed,
        sessions_lost=ours.sessions_lost,
        requests=ours.requests,
        requests_per_second=round(ours.rate, 1),
        errors=ours.errors[:5],
        runs=2,
    )


def under_load(seconds: float, change: t.Callable[[], object]) -> Load:
    load = Load(
        f"https://{TENANT.split('_')[0]}.localhost", "admin", (SECRETS / TENANT / "admin").read_text().strip(), str(CA)
    )
    load.log_in()
    changing = threading.Timer(10, change)
    changing.start()
    load.run(seconds, rate=25.0, also_while=changing.is_alive)
    changing.join()
    return load


def stack_noop() -> None:
    """The no-op of odoo_stack beside one community.docker or copy task for each of the same objects."""
    playbook("playbooks/tenants.yml", "--limit", TENANT)
    with tempfile.TemporaryDirectory() as folder:
        peer = f"{folder}/peer.yml"
        tasks = peer_tasks(folder)
        play = {"name": "Peer", "hosts": TENANT, "gather_facts": False, "tasks": tasks}
        Path(peer).write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        first = playbook(peer, "--limit", TENANT)
        ours: list[float] = []
        theirs: list[float] = []
        for _number in range(runs()):
            measured = playbook("playbooks/tenants.yml", "--limit", TENANT)
            ours.append(measured.tasks["sysgenpro.odoo.odoo : Stack"])
            theirs.append(sum(playbook(peer, "--limit", TENANT).tasks.values()))
            say(f"stack_noop: ours {ours[-1]:.2f} s, peer {theirs[-1]:.2f} s")
    result(
        "stack_noop",
        median(ours),
        "s",
        "ratio >= 8",
        peer="community.docker and copy, one task an object",
        peer_value=median(theirs),
        ratio=round(median(theirs) / median(ours), 2),
        objects=len(tasks),
        peer_changed_in_first_run=first.changed,
        runs={"ours": ours, "peer": theirs},
    )


def peer_tasks(folder: str) -> list[dict[str, t.Any]]:
    """Tasks that declare what runs of the tenant: its bridge, containers and files."""
    label = f"label=sysgenpro.odoo/tenant={TENANT}"
    names = subprocess.run(
        ["docker", "ps", "--format", "{{.Names}}", "--filter", label], capture_output=True, text=True, check=True
    ).stdout.split()
    found = json.loads(subprocess.run(["docker", "inspect", *names], capture_output=True, text=True, check=True).stdout)
    network = f"local-{TENANT}"
    config = json.loads(
        subprocess.run(["docker", "network", "inspect", network], capture_output=True, text=True, check=True).stdout
    )[0]["IPAM"]["Config"][0]
    tasks: list[dict[str, t.Any]] = [
        {
            "name": "network",
            "community.docker.docker_network": {
                "name": network,
                "ipam_config": [{"subnet": config["Subnet"], "gateway": config["Gateway"]}],
            },
        }
    ]
    tasks += [
        {"name": item["Name"].lstrip("/"), "community.docker.docker_container": container(item, network)}
        for item in found
    ]
    roots = {bind.split(":")[0] for item in found for bind in item["HostConfig"]["Binds"]}
    paths = [path for root in sorted(roots) for path in sorted(Path(root).rglob("*")) if path.is_file()]
    paths.append(Path(f"/etc/sysgenpro/local1/traefik/dynamic/{TENANT}.yml"))
    for number, path in enumerate(paths):
        copy = Path(folder) / str(number)
        copy.write_bytes(path.read_bytes())
        tasks.append(
            {
                "name": str(path),
                "ansible.builtin.copy": {
                    "src": str(copy),
                    "dest": str(path),
                    "mode": f"0{path.stat().st_mode & 0o777:o}",
                },
            }
        )
    return tasks


def container(item: dict[str, t.Any], network: str) -> dict[str, t.Any]:
    """Arguments of community.docker.docker_container for a container as it runs."""
    host = item["HostConfig"]
    return {
        "name": item["Name"].lstrip("/"),
        "image": item["Config"]["Image"],
        "image_name_mismatch": "ignore",
        "user": item["Config"]["User"],
        "command": item["Config"]["Cmd"] or [],
        "read_only": host["ReadonlyRootfs"],
        "capabilities": [],
        "cap_drop": host["CapDrop"],
        "security_opts": host["SecurityOpt"],
        "volumes": host["Binds"],
        "tmpfs": [f"{path}:{options}" for path, options in host["Tmpfs"].items()],
        "memory": str(host["Memory"]),
        "pids_limit": host["PidsLimit"],
        "restart_policy": host["RestartPolicy"]["Name"],
        "labels": {key: value for key, value in item["Config"]["Labels"].items() if key.startswith("sysgenpro.odoo/")},
        "networks": [
            {"name": network, "ipv4_address": item["NetworkSettings"]["Networks"][network]["IPAMConfig"]["IPv4Address"]}
        ],
        "networks_cli_compatible": True,
        "network_mode": network,
        "state": "started",
    }


METRICS = {
    "new_tenant": new_tenant,
    "tenant_calls": tenant_calls,
    "rollout_failed_requests": rollout_failed_requests,
    "stack_noop": stack_noop,
}

if __name__ == "__main__":
    for metric in os.environ.get("BENCH_METRICS", ",".join(METRICS)).split(","):
        METRICS[metric]()
