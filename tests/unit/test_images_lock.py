"""The lock, and what it and the engine's answer say is to be done."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images import lock, status
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

if t.TYPE_CHECKING:
    from pathlib import Path

REGISTRY = "registry.example.com:5000"
REDIS = {"component": "redis", "image": "sysgenpro/redis:8.0-aaaaaaaaaaaa", "input_hash": "a" * 64}
ETCD = {"component": "etcd", "image": "sysgenpro/etcd:3.5-bbbbbbbbbbbb", "input_hash": "b" * 64}
DIGEST = f"{REGISTRY}/sysgenpro/redis@sha256:{'1' * 64}"


def engine_image(*tags: str, digests: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """Return an image as the engine lists it; it says null for an empty list."""
    return {"Id": f"sha256:{'f' * 64}", "RepoTags": list(tags) or None, "RepoDigests": list(digests) or None}


def locked(component: str, *, digest: str = "") -> lock.LockedImage:
    """Return a lock entry."""
    return lock.LockedImage(component, f"sysgenpro/{component}:1-0", "sha256:0", "0", digest)


def test_missing_images_keep_the_order_of_the_plan() -> None:
    result = status.status([ETCD, REDIS], [engine_image("other:1"), engine_image()], registry="")
    assert result == {"missing": [ETCD, REDIS], "unpushed": [], "lock": {}}


def test_present_images_are_locked_with_their_id() -> None:
    result = status.status([ETCD, REDIS], [engine_image(REDIS["image"], "sysgenpro/redis:old")], registry="")
    assert result["missing"] == [ETCD]
    assert result["lock"] == {
        "redis": {"image": REDIS["image"], "id": f"sha256:{'f' * 64}", "input_hash": "a" * 64},
    }


def test_an_image_is_pushed_once_to_each_registry() -> None:
    unpushed = status.status([REDIS], [engine_image(REDIS["image"])], registry=REGISTRY)
    assert unpushed["unpushed"] == [REDIS]
    assert "digest" not in unpushed["lock"]["redis"]
    pushed = status.status([REDIS], [engine_image(REDIS["image"], digests=[DIGEST])], registry=REGISTRY)
    assert pushed["unpushed"] == []
    assert pushed["lock"]["redis"]["digest"] == DIGEST
    elsewhere = status.status([REDIS], [engine_image(REDIS["image"], digests=[DIGEST])], registry="other.example.com")
    assert elsewhere["unpushed"] == [REDIS]


def test_the_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "images.json"
    assert lock.read(path) == {}
    entry = lock.LockedImage("redis", REDIS["image"], "sha256:1", REDIS["input_hash"], DIGEST)
    path.write_text(json.dumps({"redis": entry.as_dict(), "etcd": locked("etcd").as_dict()}), encoding="utf-8")
    assert lock.read(path) == {"redis": entry, "etcd": locked("etcd")}
    assert lock.read(path)["redis"].reference == DIGEST
    assert lock.read(path)["etcd"].reference == "sysgenpro/etcd:1-0"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"redis": 1}', '{"redis": {"image": "x"}}'])
def test_a_broken_lock_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "images.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OdooError, match=r"images\.json is not readable"):
        lock.read(path)


def test_a_component_that_is_not_locked_says_what_to_do() -> None:
    with pytest.raises(OdooError) as caught:
        lock.find({"etcd": locked("etcd")}, "redis", origin="lock")
    assert str(caught.value) == (
        "No image of the component redis in lock, which has etcd. Run the role sysgenpro.odoo.images on the group docker_hosts first"
    )


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("sysgenpro/redis:8.0", ""),
        ("redis:8.0", ""),
        ("registry.example.com/sysgenpro/redis:8.0", "registry.example.com"),
        ("localhost/redis", "localhost"),
        ("registry:5000/redis@sha256:1", "registry:5000"),
    ],
)
def test_the_registry_of_a_reference(reference: str, registry: str) -> None:
    assert lock.registry_of(reference) == registry


def test_only_approved_registries_are_pulled_from() -> None:
    entries = {"redis": locked("redis", digest=DIGEST)}
    for approved in ([REGISTRY], [f"{REGISTRY}/sysgenpro/"]):
        assert lock.to_pull(entries, ["redis"], approved, origin="lock") == [entries["redis"]]
    for approved in ([], ["registry.example.com"], [f"{REGISTRY}/other"]):
        with pytest.raises(OdooError, match="registries that are not approved: registry"):
            lock.to_pull(entries, ["redis"], approved, origin="lock")


def test_pulling_needs_a_digest() -> None:
    with pytest.raises(OdooError, match="No digest of redis in lock"):
        lock.to_pull({"redis": locked("redis")}, ["redis"], [REGISTRY], origin="lock")


def test_a_failed_build_is_shortened_to_its_cause_and_end() -> None:
    log = [
        *(f"Get:{number}\n" for number in range(100)),
        "\x1b[91mE: Unable to locate package postgresql-99\n",
        "\x1b[0m",
    ]
    message = f"Error building sysgenpro/postgresql - code: 100, message: returned a non-zero code: 100, logs: {log}"
    lines = status.build_failure(message).splitlines()
    assert lines[0].endswith("returned a non-zero code: 100")
    assert lines[-1] == "E: Unable to locate package postgresql-99"
    assert len(lines) == status.LAST_LINES + 1


def test_other_failures_stay_as_they_are() -> None:
    assert status.build_failure("No space left on device") == "No space left on device"
    assert status.build_failure("Error, logs: [cut off").endswith("logs: [cut off")
