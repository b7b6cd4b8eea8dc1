"""The local region as an operator and its tenants meet it: modules, playbooks, logins, pages."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import psycopg2
from localhost import https_status

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ROOT / "inventories/local/.secrets/local"
CA = SECRETS / "ca/ca.crt"
ADDRESS = "172.30.255.1"
#: Where the proxies are; libpq takes the first that answers.
PROXIES = f"{ADDRESS},172.30.254.1"


def ansible_module(host: str, module: str, **arguments: t.Any) -> dict[str, t.Any]:
    """What a module returns on a host of the local region."""
    argv = ["ansible", "-i", "inventories/catalogue", "-i", "inventories/local", host, "-m", module]
    done = subprocess.run(
        [*argv, "-a", json.dumps(arguments), "--one-line"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0"},
    )
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stdout}{done.stderr}")
    return t.cast("dict[str, t.Any]", json.loads(done.stdout.split("=>", 1)[1]))


def command(name: str, *, limit: str = "", **variables: str) -> list[str]:
    """The command that runs a playbook on the local region."""
    argv = ["ansible-playbook", "-i", "inventories/catalogue", "-i", "inventories/local", f"playbooks/{name}"]
    extra = [part for key, value in variables.items() for part in ("-e", f"{key}={value}")]
    return [*argv, *(["--limit", limit] if limit else []), *extra]


def playbook(name: str, *, limit: str = "", **variables: str) -> str:
    """Run a playbook on the local region; what it prints."""
    argv = command(name, limit=limit, **variables)
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stdout[-3000:]}{done.stderr[-1000:]}")
    return done.stdout


def recap(output: str) -> dict[str, int]:
    """Host and its number of changes, from ansible-playbook's recap."""
    lines = output.split("PLAY RECAP", 1)[1].splitlines()
    return {line.split()[0]: int(line.split("changed=")[1].split()[0]) for line in lines if "changed=" in line}


def tenant_login(tenant: str, port: int) -> t.Callable[[], t.Any]:
    """Makes connections as a tenant's role to its database, as Odoo does: through the first proxy that answers."""
    password = (SECRETS / tenant / "database").read_text().strip()
    return lambda: psycopg2.connect(
        host=PROXIES,
        port=port,
        user=tenant,
        password=password,
        dbname=tenant,
        sslmode="verify-full",
        sslrootcert=str(CA),
        connect_timeout=3,
    )


def web_answers(host: str) -> int:
    """Status of the login page, which reads the database."""
    return https_status(f"https://{host}/web/login", CA, seconds=20)
