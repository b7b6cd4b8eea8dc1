"""What the benchmarks share: running playbooks, measuring them, printing results."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ROOT / "inventories/local/.secrets/local"
CA = SECRETS / "ca/ca.crt"
INVENTORIES = ("-i", "inventories/catalogue", "-i", "inventories/local")


class Measured(t.NamedTuple):
    """A finished playbook: its wall time in seconds and what the callback saw."""

    seconds: float
    calls: int
    changed: int
    tasks: dict[str, float]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def runs() -> int:
    """How often each side is measured."""
    return int(os.environ.get("BENCH_RUNS", "5"))


def environment(measure_file: str) -> dict[str, str]:
    return {
        **os.environ,
        "MEASURE_FILE": measure_file,
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "benchmarks/callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "measure",
        "ANSIBLE_FORCE_COLOR": "0",
    }


def playbook(*arguments: str) -> Measured:
    """Run ansible-playbook on the local region and measure it; end the benchmark when it fails."""
    return run_playbook(*INVENTORIES, *arguments)


def run_playbook(*arguments: str, expect: int = 0) -> Measured:
    """Run ansible-playbook and measure it; end the benchmark when it ends with another exit status than expected."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        started = time.monotonic()
        argv = ["ansible-playbook", *arguments]
        done = subprocess.run(argv, cwd=ROOT, env=environment(report.name), capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        if done.returncode != expect:
            sys.exit(f"{' '.join(argv)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
        found = json.loads(Path(report.name).read_text(encoding="utf-8"))
    return Measured(seconds, found["calls"], found["changed"], found["tasks"])


def result(
    metric: str,
    value: float,
    unit: str,
    bound: str,
    *,
    peer: str | None = None,
    peer_value: float | None = None,
    ratio: float | None = None,
    **more: t.Any,
) -> None:
    """Print one line of results."""
    line = {
        "metric": metric,
        "value": value,
        "unit": unit,
        "bound": bound,
        "peer": peer,
        "peer_value": peer_value,
        "ratio": ratio,
        **more,
    }
    print(json.dumps(line), flush=True)


def median(values: t.Sequence[float]) -> float:
    return round(statistics.median(values), 3)
