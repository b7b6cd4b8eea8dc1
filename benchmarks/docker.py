#!/usr/bin/env python3
"""The Docker stack beside its peers, on the running local region: new_tenant, tenant_calls, rollout_failed_requests, stack_noop.

Needs ./quickstart.sh to have run. BENCH_RUNS sets how often each side is measured (5), BENCH_METRICS which metrics (all).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path

import tenant_life
import yaml
from docker_peer import container
from measuring import median, playbook, result, runs, say
from tenant_life import odoo_config, rollout_result, under_load

TENANT = "acme_production"
HOST = "acme.localhost"


def new_tenant() -> None:
    """A tenant cloned from the template beside the same tenant initialised module by module."""
    tenant_life.new_tenant("docker")


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
    roll = [("playbooks/tenants.yml", "--limit", TENANT, "-e", odoo_config(number)) for number in range(2)]
    ours = under_load(TENANT, HOST, seconds, lambda: [playbook(*arguments) for arguments in roll])
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
    restart = ["docker", "restart", *names]
    control = under_load(TENANT, HOST, 30.0, lambda: subprocess.run(restart, check=True, capture_output=True))
    rollout_result(ours, control, "docker restart of the same containers (negative control)", runs=2)


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
            measured = playbook("playbooks/tenants.yml", "--limit", TENANT, "-e", "odoo_everything=true")
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


METRICS = {
    "new_tenant": new_tenant,
    "tenant_calls": tenant_calls,
    "rollout_failed_requests": rollout_failed_requests,
    "stack_noop": stack_noop,
}

if __name__ == "__main__":
    for metric in os.environ.get("BENCH_METRICS", ",".join(METRICS)).split(","):
        METRICS[metric]()
