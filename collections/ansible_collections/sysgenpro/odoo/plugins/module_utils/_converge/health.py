# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Use a tenant as its users do and say how each part went."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import os
import time
import typing as t

from .._render.clone import HEALTH_LOGIN
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._adapters.odoo_http import OdooClient

#: Records of the check bear this name, so that a person who meets one knows what it is and a later check removes it.
MARK = "sysgenpro.odoo health check"
ATTACHMENT_BYTES = 200_000
#: Stored attachments that are tried until one can be fetched.
STORED_TRIED = 20


@dataclasses.dataclass(frozen=True)
class Credentials:
    """The health user's; it exists in every database made from a template."""

    password: str = dataclasses.field(repr=False)
    key: str = dataclasses.field(repr=False)


def check(shop: OdooClient, integration: OdooClient, credentials: Credentials, *, write: bool) -> dict[str, float]:
    """Run every check in order; milliseconds each took.

    :param write: also write, read and remove a marked partner and an attachment.
    :raises OdooError: naming the check that failed.
    """
    took: dict[str, float] = {}
    checks: list[tuple[str, t.Callable[[], object]]] = [
        ("health", lambda: _expect(shop, "/web/health")),
        ("login", lambda: shop.login(HEALTH_LOGIN, credentials.password)),
        ("read", lambda: _read(integration, credentials.key)),
        ("websocket", shop.websocket),
    ]
    if write:
        checks += [
            ("write", lambda: _write(integration, credentials.key)),
            ("attachment", lambda: _attachment(shop, integration, credentials.key)),
        ]
    else:
        checks.append(("attachment", lambda: _expect(shop, "/web/binary/company_logo")))
    for name, perform in checks:
        started = time.monotonic()
        try:
            perform()
        except OdooError as error:
            raise OdooError(
                f"{name}: {error.message}", hint=error.hint, details={"checks": took, "failed_check": name}
            ) from error
        took[name] = round((time.monotonic() - started) * 1000, 1)
    return took


def _expect(client: OdooClient, path: str) -> None:
    status, _content = client.request("GET", path)
    if status != 200:
        raise OdooError(f"GET {client.url}{path} answered {status}")


def _read(integration: OdooClient, key: str) -> None:
    users = integration.call(
        "res.users", "search_read", {"domain": [["login", "=", HEALTH_LOGIN]], "fields": ["login"]}, key=key
    )
    if [user["login"] for user in users] != [HEALTH_LOGIN]:
        raise OdooError(f"JSON-2 at {integration.url} returned {users} for the health user")


def _write(integration: OdooClient, key: str) -> None:
    """Create a marked partner, read it back, remove it and what an earlier, killed check left."""
    name = f"{MARK} {os.urandom(8).hex()}"
    ids = integration.call("res.partner", "create", {"vals_list": [{"name": name, "active": False}]}, key=key)
    found = integration.call("res.partner", "read", {"ids": ids, "fields": ["name"]}, key=key)
    domain = [["name", "=like", f"{MARK} %"], ["active", "in", [True, False]]]
    marked = integration.call("res.partner", "search", {"domain": domain}, key=key)
    integration.call("res.partner", "unlink", {"ids": marked}, key=key)
    if [record["name"] for record in found] != [name] or not set(ids) <= set(marked):
        raise OdooError(f"The marked record of {integration.url} was not read back as it was written")


def _attachment(shop: OdooClient, integration: OdooClient, key: str) -> None:
    """Store an attachment large enough for object storage, fetch it with the session, compare, remove it."""
    content = os.urandom(ATTACHMENT_BYTES)
    values = {
        "name": f"{MARK}.bin",
        "datas": base64.b64encode(content).decode(),
        "mimetype": "application/octet-stream",
    }
    ids = integration.call("ir.attachment", "create", {"vals_list": [values]}, key=key)
    try:
        status, fetched = shop.request("GET", f"/web/content/{ids[0]}?download=true")
    finally:
        integration.call("ir.attachment", "unlink", {"ids": ids}, key=key)
    if status != 200 or hashlib.sha256(fetched).digest() != hashlib.sha256(content).digest():
        raise OdooError(
            f"The attachment came back with HTTP {status} and {len(fetched)} of {len(content)} bytes, or other bytes"
        )


def stored(shop: OdooClient) -> bool:
    """Fetch one attachment that object storage holds, as the user who logged in, and compare it with its checksum.

    A database of some time ago names files that were removed since; their versions are looked at elsewhere, and Odoo reads current
    objects alone. So the newest that can be fetched counts.

    :returns: whether there was one.
    :raises OdooError: other bytes came back, or none of the newest could be fetched.
    """
    domain = [["store_fname", "=like", "%://%"], ["type", "=", "binary"], ["res_field", "in", [False]]]
    options = {"fields": ["checksum", "file_size"], "limit": STORED_TRIED, "order": "id desc"}
    refused = ""
    for item in shop.session_call("ir.attachment", "search_read", [domain], options):
        status, content = shop.request("GET", f"/web/content/{item['id']}?download=true")
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        said = f"Attachment {item['id']} came back with HTTP {status}, {len(content)} of {item['file_size']} bytes and SHA-1 {digest}"
        if status == 200 and digest == item["checksum"]:
            return True
        if status == 200:
            raise OdooError(said)
        refused = refused or said
    if refused:
        raise OdooError(refused, hint=f"None of the newest {STORED_TRIED} could be fetched")
    return False


def order(shop: OdooClient) -> str:
    """Sell something to a marked customer, as the user who logged in; the number of the confirmed order.

    It stays: this is for databases that are thrown away.
    """
    marked = f"{MARK} {os.urandom(8).hex()}"
    customer = shop.session_call("res.partner", "create", [{"name": marked}])
    product = shop.session_call("product.product", "create", [{"name": marked, "list_price": 10.0}])
    line = [0, 0, {"product_id": product, "product_uom_qty": 2.0, "price_unit": 10.0}]
    made = shop.session_call("sale.order", "create", [{"partner_id": customer, "order_line": [line]}])
    shop.session_call("sale.order", "action_confirm", [[made]])
    read = shop.session_call("sale.order", "read", [[made], ["name", "state", "amount_untaxed"]])[0]
    if read["state"] != "sale" or read["amount_untaxed"] != 20.0:
        raise OdooError(f"The order was not sold as it should have been: {read}")
    return str(read["name"])
