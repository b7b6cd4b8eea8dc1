"""Where a fault's record is kept: one JSON file for each test."""

from __future__ import annotations

import json
import os
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def record(name: str, **facts: t.Any) -> Path:
    """Write what was done and what came of it; the file's path."""
    folder = Path(os.environ.get("FAULTS_EVIDENCE") or ROOT / ".cache/faults")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    path.write_text(json.dumps({"fault": name, "time": moment, **facts}, indent=1, default=str) + "\n")
    return path
