#!/usr/bin/env bash
# Which package may import which: the contracts of pyproject.toml.
set -euo pipefail
cd "$ROOT"
PYTHONPATH=collections exec lint-imports --cache-dir .cache/import-linter
