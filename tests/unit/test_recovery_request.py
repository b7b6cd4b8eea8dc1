"""What the modules ask of the programs of the image recovery, and how they understand the answer."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import recovery as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import recovery
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.containers import RECOVERY_HOME, one_off_body
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from recovery import request as program

from . import factories

PASSWORDS = {
    name: f"{name}-password-value" for name in ("provisioner", "database", "admin", "health", "health_key", "reporting")
}
EVIDENCE = recovery.Storage("https://192.0.2.1:8333", "local-evidence", "evidence-access", "evidence-secret-value")
SIGNING = recovery.Signing("RWQ", "signing-key-value", "signing-password-value")
VALUES = [
    *PASSWORDS.values(),
    *(getattr(factories.SECRETS, name) for name in ("redis", "s3_access_key", "s3_secret_key", "master")),
    "evidence-secret-value",
    "signing-key-value",
    "signing-password-value",
]


def point(**changes: t.Any) -> recovery.Ask:
    tenant = factories.tenant(**changes)
    return recovery.point(
        tenant,
        factories.SECRETS,
        PASSWORDS,
        evidence=EVIDENCE,
        signing=SIGNING,
        options={"reason": "a test", "recipients": ["age1abc"], "strict": False, "archive_timeout": 30},
        release=recovery.release(tenant, "sha256:1", {"web": "sha256:1"}),
    )


def check() -> recovery.Ask:
    tenant = factories.tenant()
    return recovery.check(
        tenant.tenant,
        database=recovery.login(tenant, factories.SECRETS),
        store=recovery.attachments(tenant, factories.SECRETS),
        evidence=EVIDENCE,
        public_key="RWQ",
        options={"mode": "quick"},
    )


@pytest.mark.parametrize("ask", [point(), check()], ids=lambda ask: ask.verb)
def test_no_secret_stands_in_what_is_plain_or_shown(ask: recovery.Ask) -> None:
    plain = "".join(file.content for file in ask.files("CA") if not file.secret)
    for shown in (plain, repr(ask), repr(ask.files("CA"))):
        assert [value for value in VALUES if value in shown] == []


def test_the_program_understands_what_the_modules_ask() -> None:
    files = {file.path: file.content for file in point().files("CA")}
    given = program.parse(
        json.loads(files["plain/request.json"]), json.loads(files["secret/recovery.json"]), ca_file="", signing_key=""
    )
    assert (given.need_database().user, given.need_database().name) == ("acme_production", "acme_production")
    assert given.need_database().password == factories.SECRETS.database
    assert given.need_store().bucket == "local-acme-production"
    assert given.need_evidence().secret_key == "evidence-secret-value"
    assert files["plain/ca.crt"] == "CA"
    assert files["secret/minisign.key"] == "signing-key-value"


def test_only_the_cluster_is_asked_as_the_provisioner() -> None:
    """What a tenant put into its database would run with the reader's rights."""
    plain = point().plain
    assert (plain["database"]["user"], plain["database"]["name"]) == ("acme_production", "acme_production")
    assert (plain["cluster"]["user"], plain["cluster"]["name"]) == ("provisioner", "postgres")


def test_every_sealed_secret_is_named_and_the_provisioners_is_not_sealed() -> None:
    ask = point(odoo_certificate_provider="provided")
    names = [reference["name"] for reference in ask.plain["options"]["references"]]
    assert names == sorted(ask.secrets["bundle"])
    assert set(names) == {
        f"acme_production/{name}" for name in (*recovery.SEALED, "tls_certificate", "tls_private_key")
    }
    assert "provisioner-password-value" not in ask.secrets["bundle"].values()
    assert "acme_production/tls_private_key" not in point().secrets["bundle"]


def test_the_configuration_of_every_workload_is_kept() -> None:
    kept = point().plain["options"]["configuration"]
    assert {name.split("/")[0] for name in kept} == {"web", "websocket", "cron", "queue"}
    assert "workers = 2" in kept["web/odoo.conf"]


def test_a_recovery_container_is_confined_as_its_own_user() -> None:
    body = one_off_body("image", ("recovery", "point"), "/etc/x", {}, home=RECOVERY_HOME)
    assert body["User"] == "999:999"
    assert body["HostConfig"]["ReadonlyRootfs"]
    assert body["HostConfig"]["Binds"] == ["/etc/x/plain:/etc/recovery:ro", "/etc/x/secret:/run/secrets:ro"]
    assert set(body["HostConfig"]["Tmpfs"]) == {"/tmp", "/run/recovery"}


def test_a_result_is_the_last_line() -> None:
    assert runner.result(0, ["progress", '{"reference": "a"}']) == {"reference": "a"}


@pytest.mark.parametrize(
    ("code", "lines", "said"),
    [
        (1, ["progress", '{"error": "Bucket x refused", "hint": "Look"}'], "Bucket x refused. Look"),
        (137, ["Killed"], "exit status 137 and no result"),
        (0, [], "exit status 0 and no result"),
        (0, ["[1]"], "no result"),
    ],
)
def test_a_failure_says_what_the_program_said(code: int, lines: list[str], said: str) -> None:
    with pytest.raises(OdooError) as failed:
        runner.result(code, lines)
    assert said in str(failed.value)
