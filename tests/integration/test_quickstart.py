"""The newcomer's commands: up, up again, status."""

from __future__ import annotations

import json
import time

from .conftest import ROOT, run


def test_one_command_brings_the_region_up() -> None:
    started = time.monotonic()
    done = run(str(ROOT / "quickstart.sh"), timeout=3000)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "https://acme.localhost" in done.stdout
    print(f"first run: {time.monotonic() - started:.0f} s")


def test_a_second_run_changes_nothing_and_says_so() -> None:
    started = time.monotonic()
    done = run(str(ROOT / "quickstart.sh"), timeout=900)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    recap: dict[str, dict[str, int]] = json.loads(status())["recap"]
    assert recap
    assert {host: counts["changed"] for host, counts in recap.items() if counts["changed"]} == {}
    assert "Nothing changed" in done.stdout
    print(f"second run: {time.monotonic() - started:.0f} s")


def test_no_secret_is_printed_or_logged() -> None:
    secrets = [
        path.read_text().strip()
        for path in (ROOT / "inventories/local/.secrets/local").rglob("*")
        if path.is_file() and path.stat().st_size < 200
    ]
    secrets = [secret for secret in secrets if len(secret) == 32]
    assert len(secrets) > 20
    log = (ROOT / ".state/local/log").read_text()
    assert [secret[:4] for secret in secrets if secret in log] == []


def status() -> str:
    done = run(str(ROOT / "quickstart.sh"), "status", "--json", timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout
