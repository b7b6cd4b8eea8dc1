"""A person at a browser: log in, sell something, attach a file, and find it again after the containers were replaced."""

from __future__ import annotations

import os
import re
import subprocess
import time
import typing as t

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from .conftest import Tenant, containers, playbook

if t.TYPE_CHECKING:
    from pathlib import Path

CONTENT = os.urandom(150_000)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Page]:
    """A page of a Chromium that trusts the region's CA and nothing less."""
    home = tmp_path_factory.mktemp("home")
    trust(home)
    environment: dict[str, str | float | bool] = {**os.environ, "HOME": str(home)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS, env=environment)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        page = context.new_page()
        yield page
        browser.close()


def trust(home: Path) -> None:
    """Put the region's CA into the certificate store Chromium reads on Linux."""
    from .conftest import CA

    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    subprocess.run(["certutil", "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
    subprocess.run(["certutil", "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", "region", "-i", str(CA)], check=True)


def log_in(page: Page, tenant: Tenant) -> None:
    page.goto(f"{tenant.url}/web/login")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", tenant.secret("admin"))
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def test_a_person_sells_and_finds_it_again_after_a_replacement(page: Page, acme: Tenant, tmp_path: Path) -> None:
    log_in(page, acme)
    customer = f"Browser {os.urandom(4).hex()}"
    make_customer(page, acme, customer)
    order = make_order(page, acme, customer)
    attach(page, tmp_path)
    assert present(acme)

    before = [name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-web-" in name]
    replaced = playbook(
        "playbooks/tenants.yml", "--limit", acme.name, "-e", '{"odoo_config": {"limit_time_real": 180}}'
    )
    assert replaced.returncode == 0, replaced.stdout[-3000:]
    after = [name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-web-" in name]
    assert not set(before) & set(after)

    page.goto(order)
    expect(page.locator(".o_field_widget[name=name]").first).to_contain_text(re.compile(r"S\d+"))
    expect(page.locator("body")).to_contain_text(customer)
    assert stored(page) == CONTENT


def present(tenant: Tenant) -> bool:
    """Whether Odoo knows the administrator as present, which the page tells it through the websocket alone."""
    recent = "SELECT count(*) FROM mail_presence WHERE user_id = 2 AND last_poll > (now() AT TIME ZONE 'UTC') - interval '2 minutes'"
    for _second in range(45):
        if tenant.psql(recent).stdout.strip() == "1":
            return True
        time.sleep(1)
    return False


def make_customer(page: Page, tenant: Tenant, name: str) -> None:
    page.goto(f"{tenant.url}/odoo/res.partner/new")
    page.locator(".o_field_widget[name=name] input, .o_field_widget[name=name] textarea").first.fill(name)
    page.locator(".o_form_button_save").click()
    page.wait_for_url(re.compile(r"/res\.partner/\d+"))


def make_order(page: Page, tenant: Tenant, customer: str) -> str:
    """Make an order with one line, confirm it, and return its address."""
    page.goto(f"{tenant.url}/odoo/sales/new")
    field = page.locator(".o_field_widget[name=partner_id] input")
    field.click()
    field.press_sequentially(customer, delay=20)
    page.locator(".o-autocomplete--dropdown-item a", has_text=customer).first.click()
    page.locator(".o_form_button_save").click()
    page.wait_for_url(re.compile(r"/sales/\d+"))
    page.locator("button[name=action_confirm]").first.click()
    expect(
        page.locator(".o_arrow_button_current, .o_statusbar_status button[aria-checked=true]").first
    ).to_contain_text("Sales Order")
    return page.url


def attach(page: Page, folder: Path) -> None:
    """Attach a file to the record shown, through the chatter."""
    path = folder / "contract.bin"
    path.write_bytes(CONTENT)
    with page.expect_file_chooser() as chooser:
        page.locator("button.o-mail-Chatter-attachFiles, button[aria-label='Attach files']").first.click()
    with page.expect_response(re.compile("/mail/attachment/upload")) as uploaded:
        chooser.value.set_files(str(path))
    assert uploaded.value.status == 200


def stored(page: Page) -> bytes:
    """The attachment of the record shown, fetched as the page does."""
    shown = re.search(r"/(\d+)(\?|$)", page.url)
    assert shown is not None, page.url
    script = """async id => {
        const call = (model, method, args) => fetch('/web/dataset/call_kw/' + model + '/' + method, {
            method: 'POST', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({jsonrpc: '2.0', method: 'call', params: {model, method, args, kwargs: {}}})
        }).then(answer => answer.json());
        const found = await call('ir.attachment', 'search', [[['res_model', '=', 'sale.order'], ['res_id', '=', id]]]);
        const answer = await fetch('/web/content/' + found.result[0] + '?download=true');
        return Array.from(new Uint8Array(await answer.arrayBuffer()));
    }"""
    return bytes(page.evaluate(script, int(shown.group(1))))


def test_the_attachment_lies_in_the_tenants_bucket(acme: Tenant) -> None:
    name = acme.psql(
        "SELECT store_fname FROM ir_attachment WHERE name = 'contract.bin' ORDER BY id DESC LIMIT 1"
    ).stdout.strip()
    assert name.startswith("attachments://")
    keys = [item["Key"] for item in acme.s3().list_objects_v2(Bucket=acme.bucket)["Contents"]]
    matching = [key for key in keys if key.endswith(name.rsplit("/", 1)[-1])]
    assert matching
    assert acme.s3().get_object(Bucket=acme.bucket, Key=matching[0])["Body"].read() == CONTENT
