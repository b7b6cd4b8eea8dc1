"""A person at a browser sells something, and finds it again after the containers were replaced."""

from __future__ import annotations

import typing as t

import pytest
from browser_scenario import chromium, find_again, in_bucket, log_in, sell

from .conftest import Tenant, containers, playbook

if t.TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("home")) as page:
        yield page


def test_a_person_sells_and_finds_it_again_after_a_replacement(page: Page, acme: Tenant, tmp_path: Path) -> None:
    log_in(page, acme)
    sale = sell(page, acme, tmp_path)
    assert in_bucket(acme) == sale.content

    before = [name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-web-" in name]
    replaced = playbook(
        "playbooks/tenants.yml", "--limit", acme.name, "-e", '{"odoo_config": {"limit_time_real": 180}}'
    )
    assert replaced.returncode == 0, replaced.stdout[-3000:]
    after = [name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-web-" in name]
    assert not set(before) & set(after)

    find_again(page, sale)
