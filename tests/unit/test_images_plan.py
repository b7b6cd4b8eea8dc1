"""Names of images follow from everything they are built from, and from nothing else."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images import addons, plan
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

if t.TYPE_CHECKING:
    from pathlib import Path

DEFINITIONS: dict[str, dict[str, t.Any]] = {
    "base": {"title": "Base", "version": "trixie", "arguments": {"SUITE": "trixie"}},
    "redis": {"title": "Redis", "version": "8.0", "arguments": {"PACKAGES": ["redis-server=5:8.0.*"]}},
    "odoo": {"title": "Odoo", "version": "19.0", "addons": True, "folders": ["addons"]},
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a build context."""
    for name in (
        "common/functions.sh",
        "base/Dockerfile",
        "redis/Dockerfile",
        "odoo/Dockerfile",
        "addons/ours/__manifest__.py",
    ):
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n", encoding="utf-8")
    return tmp_path / "files"


def images(files: Path, *, revision: str = "", declared: t.Sequence[t.Any] = (), **changes: t.Any) -> dict[str, str]:
    """Return the planned images by component."""
    planned = plan.plan(
        ["redis", "odoo"],
        {**DEFINITIONS, **changes},
        files=str(files),
        prefix="sysgenpro",
        revision=revision,
        addons=addons.parse(declared),
    )
    return {image.component: image.image for image in planned}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the components whose image has another name."""
    return {component for component, image in before.items() if after[component] != image}


def test_the_base_comes_first_and_once() -> None:
    assert plan.with_parent(["redis", "base", "redis", "odoo"]) == ["base", "redis", "odoo"]


def test_names_hold_component_version_and_hash(files: Path) -> None:
    planned = plan.plan(
        ["redis"], DEFINITIONS, files=str(files), prefix="sysgenpro", revision="", addons=addons.Addons()
    )
    redis = planned[1]
    assert redis.image == f"sysgenpro/redis:8.0-{redis.input_hash[:12]}"
    assert redis.as_dict()["labels"] == {
        "org.opencontainers.image.title": "Redis",
        "org.opencontainers.image.version": "8.0",
        "sysgenpro.odoo/component": "redis",
        "sysgenpro.odoo/input-hash": redis.input_hash,
    }
    assert redis.as_dict()["arguments"] == {"PACKAGES": "redis-server=5:8.0.*"}


def test_the_same_inputs_give_the_same_names(files: Path) -> None:
    (files / "redis/__pycache__").mkdir()
    (files / "redis/__pycache__/module.cpython-313.pyc").write_bytes(b"compiled")
    (files / "redis/.git").mkdir()
    (files / "redis/.git/HEAD").write_text("ref", encoding="utf-8")
    with_leftovers = images(files)
    (files / "redis/__pycache__/module.cpython-313.pyc").unlink()
    (files / "redis/.git/HEAD").unlink()
    assert images(files) == with_leftovers


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("redis/Dockerfile", {"redis"}),
        ("addons/ours/__manifest__.py", {"odoo"}),
        ("base/Dockerfile", {"base", "redis", "odoo"}),
        ("common/functions.sh", {"base", "redis", "odoo"}),
    ],
)
def test_a_changed_file_renames_what_is_built_from_it(files: Path, file: str, expected: set[str]) -> None:
    before = images(files)
    (files / file).write_text("changed\n", encoding="utf-8")
    assert changed(before, images(files)) == expected


def test_a_renamed_or_executable_file_counts(files: Path) -> None:
    before = images(files)
    (files / "redis/Dockerfile").chmod(0o755)
    executable = images(files)
    assert changed(before, executable) == {"redis"}
    (files / "redis/Dockerfile").rename(files / "redis/Other")
    assert changed(executable, images(files)) == {"redis"}


def test_arguments_version_and_revision_count(files: Path) -> None:
    before = images(files)
    newer = {**DEFINITIONS["redis"], "arguments": {"PACKAGES": ["redis-server=5:8.2.*"]}}
    assert changed(before, images(files, redis=newer)) == {"redis"}
    assert changed(before, images(files, redis={**DEFINITIONS["redis"], "version": "8.2"})) == {"redis"}
    assert changed(before, images(files, redis={**DEFINITIONS["redis"], "title": "Sessions"})) == set()
    assert changed(before, images(files, revision="2026-11")) == {"base", "redis", "odoo"}


def test_addons_rename_the_odoo_image_alone(files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "local_addons"
    folder.mkdir()
    (folder / "__manifest__.py").write_text("{}", encoding="utf-8")
    before = images(files)
    for declared in (
        ["odoo-addon-web-responsive==19.0.1.0.0"],
        [{"path": str(folder)}],
        [{"git": "https://x/y", "commit": COMMIT}],
    ):
        assert changed(before, images(files, declared=declared)) == {"odoo"}
    with_folder = images(files, declared=[{"path": str(folder)}])
    (folder / "__manifest__.py").write_text("{'name': 'x'}", encoding="utf-8")
    assert changed(with_folder, images(files, declared=[{"path": str(folder)}])) == {"odoo"}


def test_an_unknown_component_is_named(files: Path) -> None:
    with pytest.raises(OdooError, match="Unknown component 'mariadb'"):
        plan.plan(["mariadb"], DEFINITIONS, files=str(files), prefix="x", revision="", addons=addons.Addons())


def test_addons_are_sorted_by_form(tmp_path: Path) -> None:
    parsed = addons.parse(["a==1.0", {"path": str(tmp_path)}, {"git": "git@host:group/repo.git", "commit": COMMIT}])
    assert parsed.requirements == ("a==1.0",)
    assert [source.as_dict() for source in parsed.folders] == [{"place": f"1/{tmp_path.name}", "path": str(tmp_path)}]
    assert [source.as_dict() for source in parsed.commits] == [
        {"place": "2/repo", "url": "git@host:group/repo.git", "commit": COMMIT}
    ]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("a>=1.0", "exact version"),
        ("a", "exact version"),
        ("a==1.*", "exact version"),
        ("--index-url==x", "exact version"),
        ({"path": "relative"}, "not absolute"),
        ({"path": "/nonexistent/addons"}, "does not exist"),
        ({"git": "https://x/y", "commit": "main"}, "full commit hash"),
        ({"git": "https://x/..", "commit": COMMIT}, "name of a repository"),
        ({"git": "https://x/y"}, "not a known form"),
        (7, "not a known form"),
    ],
)
def test_wrong_addons_are_refused(entry: t.Any, reason: str) -> None:
    with pytest.raises(OdooError, match=rf"odoo_addons\[1\]: .*{reason}.*; accepted are"):
        addons.parse(["fine==1.0", entry])


def test_every_wrong_addon_is_reported_at_once() -> None:
    with pytest.raises(OdooError) as caught:
        addons.parse(["a", "b"])
    assert "odoo_addons[0]" in caught.value.message
    assert "odoo_addons[1]" in caught.value.message
