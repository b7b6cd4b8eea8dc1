"""What every unit test may use."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[2]

# A failure found by chance is found again by the same command; shared processors make deadlines meaningless.
hypothesis.settings.register_profile("repository", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repository")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def collection(root: Path) -> Path:
    """Return the collection's directory."""
    return root / "collections/ansible_collections/sysgenpro/odoo"
