# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket and its identity: what is accepted, read, compared and written."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import json
import typing as t

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import s3_admin, seaweedfs
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import bucket as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import bucket as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import bucket as planner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.modules import odoo_bucket

SECRET = "s3cret" * 4


def desired(**changes: t.Any) -> model.BucketState:
    arguments = {
        "bucket": "local-acme",
        "identity": "local-acme",
        "access_key": "ACME",
        "secret_key": SECRET,
        "actions": model.ACTIONS,
        "versioning": True,
        **changes,
    }
    return model.desired_state(**arguments)


def nothing(**changes: t.Any) -> model.BucketState:
    return dataclasses.replace(
        model.BucketState(name="local-acme", exists=False, versioning=False, identity=None, policy=None), **changes
    )


def identity(**changes: t.Any) -> model.Identity:
    wanted = desired().identity
    assert wanted is not None
    return dataclasses.replace(wanted, **changes)


def answer(*, versioning: str = "Enabled", policy: str | None = None, attributes: dict[str, str] | None = None) -> str:
    """What weed shell 4.48 prints for the questions; ``attributes`` are those of the bucket's directory."""
    entries = [
        {
            "name": name,
            "credentials": [{"accessKey": key, "secretKey": secret, "status": "Active"}],
            "actions": [],
            "disabled": False,
            "policyNames": [name],
        }
        for name, key, secret in (("local-acme", "ACME", SECRET), ("local-globex", "GLOBEX", "other" * 4))
    ]
    exported = json.dumps({"identities": entries, "accounts": [], "policies": []}, indent=2)
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in (attributes or {}).items()}
    directory = json.dumps({"name": "local-acme", "attributes": {"md5": ""}, "extended": encoded}, indent=2)
    said = f"{exported}\n{policy or desired().policy}\nBucket: local-acme\nVersioning: {versioning}\n"
    return f"{said}{directory}chunks 0 meta size: 108 gzip:133\n"


def test_converged_state_reads_back_and_plans_nothing() -> None:
    observed = seaweedfs.parse(answer(), bucket="local-acme", identity="local-acme", empty=None)
    assert observed.foreign_keys == {"GLOBEX": "local-globex"}
    assert planner.plan_present(desired(), observed) == ()


def test_many_buckets_are_read_in_one_conversation() -> None:
    """Each answer stands behind a line of its own; a bucket that is missing answers nothing."""
    exported, said = answer().split("\n}\n", 1)
    other = said.replace("local-acme", "local-globex")
    container = Container(f"{exported}\n}}\n/\n{said}/\n/\n{other}")
    wanted = [("local-acme", "local-acme"), ("local-none", "local-none"), ("local-globex", "local-globex")]
    acme, none, globex = seaweedfs.SeaweedFS(container, master="m").observe_all(wanted)
    assert len(container.calls) == 1
    assert planner.plan_present(desired(), acme) == ()
    assert (none.exists, none.identity, none.policy) == (False, None, None)
    assert (globex.exists, globex.owner.keys) == (True, {"GLOBEX": "other" * 4})
    assert globex.foreign_keys == {"ACME": "local-acme"}


def test_an_answer_that_is_cut_off_is_no_answer() -> None:
    container = Container(answer())
    with pytest.raises(OdooError, match="answered 0 of 1 questions"):
        seaweedfs.SeaweedFS(container, master="m").observe_all([("local-acme", "local-acme")])


def test_retention_and_lifecycle_read_back_and_plan_nothing() -> None:
    attributes = {
        "Lock-Default-Days": "14",
        "Lock-Default-Mode": "COMPLIANCE",
        "s3-bucket-lifecycle-configuration-xml": s3_admin.lifecycle(45),
    }
    observed = seaweedfs.parse(answer(attributes=attributes), bucket="local-acme", identity="local-acme", empty=None)
    assert (observed.lock_days, observed.noncurrent_days) == (14, 45)
    locked = dataclasses.replace(observed, object_lock=True)
    assert planner.plan_present(desired(lock_days=14, noncurrent_days=45), locked) == ()
    assert [step.action for step in planner.plan_present(desired(lock_days=15, noncurrent_days=46), locked)] == [
        "set_lock_days",
        "set_noncurrent_days",
    ]
    # Unset is "do not touch".
    assert planner.plan_present(desired(), observed) == ()


@pytest.mark.parametrize(
    "attributes",
    [
        # Whoever may bypass governance may delete.
        {"Lock-Default-Days": "14", "Lock-Default-Mode": "GOVERNANCE"},
        {"s3-bucket-lifecycle-configuration-xml": s3_admin.lifecycle(45).replace(s3_admin.RULE, "another")},
    ],
)
def test_weaker_rules_and_rules_of_others_are_none(attributes: dict[str, str]) -> None:
    observed = seaweedfs.parse(answer(attributes=attributes), bucket="local-acme", identity="local-acme", empty=None)
    assert (observed.lock_days, observed.noncurrent_days) == (None, None)


def test_a_locked_version_is_not_to_be_removed_before_its_time() -> None:
    with pytest.raises(OdooError, match="shorter than lock_days=14"):
        desired(lock_days=14, noncurrent_days=7)
    assert desired(lock_days=14).versioning
    assert desired(lock_days=14).object_lock


def test_who_reads_all_tenants_reads_nothing_else_and_writes_nothing_of_theirs() -> None:
    policy = json.loads(model.policy_for("local-copies", ["Read"], also_read=["local-*"], never_read=["local-backups"]))
    allowed = {
        operation
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow" and "local-*" in str(statement["Resource"])
        for operation in statement["Action"]
    }
    assert not any(word in operation for operation in allowed for word in ("Put", "Delete", "Abort"))
    (denied,) = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"]
    assert denied["Resource"] == ["arn:aws:s3:::local-backups", "arn:aws:s3:::local-backups/*"]


def test_the_signature_is_the_one_of_amazons_example() -> None:
    """AWS, "Signature Calculations for the Authorization Header", GET Bucket Lifecycle."""
    headers = s3_admin.signed(
        "GET",
        "/",
        "lifecycle",
        {"host": "examplebucket.s3.amazonaws.com"},
        b"",
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        now=datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC),
    )
    signature = headers["Authorization"].partition("Signature=")[2]
    assert signature == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"


def test_new_bucket() -> None:
    assert [step[:2] for step in planner.plan_present(desired(), nothing())] == [
        ("create_bucket", "local-acme"),
        ("enable_versioning", "local-acme"),
        ("put_policy", "local-acme"),
        ("put_identity", "local-acme"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"versioning": False}, ["enable_versioning"]),
        ({"policy": None}, ["put_policy"]),
        ({"policy": model.policy_for("local-globex", model.ACTIONS)}, ["put_policy"]),
        ({"identity": None}, ["put_identity"]),
        ({"identity": identity(keys={"ACME": "former" * 4})}, ["put_identity"]),
        ({"identity": identity(keys={"OLD": SECRET})}, ["put_identity", "delete_key"]),
        ({"identity": identity(keys={"ACME": SECRET, "OLD": SECRET})}, ["delete_key"]),
        ({"identity": identity(policies=frozenset())}, ["put_identity"]),
        ({"identity": identity(policies=frozenset({"local-acme", "more"}))}, ["delete_identity", "put_identity"]),
        ({"identity": identity(actions=frozenset({"Admin"}))}, ["delete_identity", "put_identity"]),
        ({"identity": identity(enabled=False)}, ["delete_identity", "put_identity"]),
    ],
)
def test_every_deviation_is_repaired(changes: dict[str, t.Any], expected: list[str]) -> None:
    observed = dataclasses.replace(desired(), **changes)
    assert [step.action for step in planner.plan_present(desired(), observed)] == expected


def test_access_key_of_another_identity_is_refused() -> None:
    with pytest.raises(OdooError, match="belongs to identity local-globex"):
        planner.plan_present(desired(), nothing(foreign_keys={"ACME": "local-globex"}))


def test_policy_names_one_bucket_and_cannot_touch_history() -> None:
    policy = json.loads(model.policy_for("local-acme", model.ACTIONS))
    assert {statement["Resource"] for statement in policy["Statement"]} == {
        "arn:aws:s3:::local-acme",
        "arn:aws:s3:::local-acme/*",
    }
    operations = {operation for statement in policy["Statement"] for operation in statement["Action"]}
    assert not operations & {"s3:DeleteObjectVersion", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"}
    assert not any("*" in operation for operation in operations)


def test_a_reader_cannot_write() -> None:
    assert "Put" not in model.policy_for("local-acme", ["Read", "List"])
    assert "Delete" not in model.policy_for("local-acme", ["Read", "List"])


def test_absent_needs_force_for_a_full_bucket() -> None:
    full = dataclasses.replace(desired(), empty=False)
    with pytest.raises(OdooError, match="force: true"):
        planner.plan_absent(full, "local-acme", force=False)
    assert [step.action for step in planner.plan_absent(full, "local-acme", force=True)] == [
        "delete_identity",
        "delete_policy",
        "delete_bucket",
    ]
    assert planner.plan_absent(nothing(), "local-acme", force=False) == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bucket": "Local_acme"}, "not a bucket name"),
        ({"bucket": "a/b"}, "not a bucket name"),
        ({"identity": "admin"}, "not usable"),
        ({"access_key": "A B"}, "access_key"),
        ({"secret_key": "short"}, "secret_key is malformed"),
        ({"secret_key": SECRET + "\ns3.user.delete"}, "secret_key is malformed"),
    ],
)
def test_what_the_shell_would_misread_is_refused(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(OdooError, match=message) as failure:
        desired(**changes)
    assert SECRET not in str(failure.value)


class Container:
    """Answers as weed shell does and records what it was given."""

    def __init__(self, stdout: str, stderr: str = "") -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.calls: list[tuple[tuple[str, ...], str]] = []

    def __call__(self, arguments: t.Sequence[str], text: str) -> tuple[int, str, str]:
        self.calls.append((tuple(arguments), text))
        return (1 if self.stderr else 0), self.stdout, self.stderr


def test_secrets_go_in_on_standard_input_alone() -> None:
    container = Container(answer(policy=model.policy_for("other", ["Read"])).replace(SECRET, "former" * 4))
    store = seaweedfs.SeaweedFS(container, master="127.0.0.1:9333")
    result = runner.present(store, desired(), check_mode=False)
    assert [step["action"] for step in result["steps"]] == ["put_policy", "put_identity"]
    assert any(SECRET in text for _arguments, text in container.calls)
    assert not any(SECRET in " ".join(arguments) for arguments, _text in container.calls)
    assert SECRET not in str(result)
    assert result["diff"]["after"]["secret_key"] == "new"


def test_check_mode_only_asks() -> None:
    container = Container(answer(versioning="Unconfigured"))
    result = runner.present(seaweedfs.SeaweedFS(container, master="m"), desired(), check_mode=True)
    assert result["changed"]
    assert len(container.calls) == 1


def test_a_failed_command_is_an_error() -> None:
    store = seaweedfs.SeaweedFS(Container("", "error: bucket local-acme already exists\n"), master="m")
    store.create_bucket("local-acme")
    with pytest.raises(OdooError, match="already exists"):
        store.observe("local-acme", "local-acme")


def test_a_missing_container_is_an_error() -> None:
    store = seaweedfs.SeaweedFS(Container("", "Error: No such container: x\n"), master="m")
    with pytest.raises(OdooError, match="No such container"):
        store.observe("local-acme", "local-acme")


def test_a_container_that_does_not_answer_is_an_error() -> None:
    asked: list[tuple[list[str], str]] = []

    def run_command(arguments: list[str], *, data: str, **_options: object) -> tuple[int, str, str]:
        asked.append((arguments, data))
        return 124, "", ""

    with pytest.raises(OdooError, match=r"weed in container s3 did not answer within 2\.5 s"):
        seaweedfs.docker_exec(run_command, "s3", timeout=2.5)(["weed", "shell"], "s3.configure -secret_key=hidden")
    assert asked[0][0][-5:] == ["exec", "--interactive", "s3", "weed", "shell"]
    assert asked[0][1] == "s3.configure -secret_key=hidden"


def test_documentation_and_argument_spec_agree() -> None:
    options = yaml.safe_load(odoo_bucket.DOCUMENTATION)["options"]
    assert options.keys() == odoo_bucket.ARGUMENTS.keys()
