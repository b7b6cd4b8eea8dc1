"""A person at a browser: log in, sell something, attach a file, and find it again. Shared by every runtime."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import subprocess
import time
import typing as t

from local_region import CA
from playwright.sync_api import Page, expect, sync_playwright

if t.TYPE_CHECKING:
    from pathlib import Path

    from region_tenant import Tenant

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FILE_NAME = "contract.bin"


@dataclasses.dataclass(frozen=True)
class Sale:
    """What was sold: the order's address, its customer, and the content of the file attached to it."""

    order: str
    customer: str
    content: bytes = dataclasses.field(repr=False)


@contextlib.contextmanager
def chromium(home: Path) -> t.Iterator[Page]:
    """A page of a Chromium that trusts the region's CA and nothing less."""
    trust(home)
    environment: dict[str, str | float | bool] = {**os.environ, "HOME": str(home)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS, env=environment)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        yield context.new_page()
        browser.close()


def trust(home: Path) -> None:
    """Put the region's CA into the certificate store Chromium reads on Linux."""
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


def sell(page: Page, tenant: Tenant, folder: Path) -> Sale:
    """Make a customer and an order, confirm it, attach a file, and be seen as present."""
    content, customer = os.urandom(150_000), f"Browser {os.urandom(4).hex()}"
    make_customer(page, tenant, customer)
    order = make_order(page, tenant, customer)
    attach(page, folder, content)
    assert present(tenant)
    return Sale(order, customer, content)


def find_again(page: Page, sale: Sale) -> None:
    """The order with its customer and its file, in the session of before."""
    page.goto(sale.order)
    expect(page.locator(".o_field_widget[name=name]").first).to_contain_text(re.compile(r"S\d+"))
    expect(page.locator("body")).to_contain_text(sale.customer)
    assert stored(page) == sale.content


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


def attach(page: Page, folder: Path, content: bytes) -> None:
    """Attach a file to the record shown, through the chatter."""
    path = folder / FILE_NAME
    path.write_bytes(content)
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


def in_bucket(tenant: Tenant) -> bytes:
    """The file of the newest sale as it lies in the tenant's bucket, found by the name that the database has for it."""
    statement = f"SELECT store_fname FROM ir_attachment WHERE name = '{FILE_NAME}' ORDER BY id DESC LIMIT 1"
    name = tenant.psql(statement).stdout.strip()
    assert name.startswith("attachments://")
    keys = [item["Key"] for item in tenant.s3().list_objects_v2(Bucket=tenant.bucket)["Contents"]]
    (key,) = (key for key in keys if key.endswith(name.rsplit("/", 1)[-1]))
    content: bytes = tenant.s3().get_object(Bucket=tenant.bucket, Key=key)["Body"].read()
    return content
