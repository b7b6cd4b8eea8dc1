# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What PostgreSQL is configured with: sizes, verifiers, and the patch of the cluster's configuration."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sysgenpro.odoo.plugins.filter.merge_patch import merge_patch
from ansible_collections.sysgenpro.odoo.plugins.filter.postgresql_parameters import parameters
from ansible_collections.sysgenpro.odoo.plugins.filter.postgresql_parameters_explained import parameters_explained
from ansible_collections.sysgenpro.odoo.plugins.filter.scram_verifier import scram_verifier
from hypothesis import given
from hypothesis import strategies as st


def megabytes(value: str) -> int:
    assert value.endswith("MB")
    return int(value[:-2])


@pytest.mark.parametrize(
    ("memory_mb", "max_connections", "expected"),
    [
        (
            1024,
            300,
            {"shared_buffers": "256MB", "effective_cache_size": "640MB", "work_mem": "4MB", "max_wal_size": "1024MB"},
        ),
        (
            8192,
            400,
            {
                "shared_buffers": "2048MB",
                "effective_cache_size": "5120MB",
                "work_mem": "36MB",
                "max_wal_size": "8192MB",
            },
        ),
        (
            65536,
            1000,
            {
                "shared_buffers": "16384MB",
                "maintenance_work_mem": "1024MB",
                "work_mem": "64MB",
                "max_wal_size": "8192MB",
                "autovacuum_max_workers": 5,
            },
        ),
    ],
)
def test_sizes(memory_mb: int, max_connections: int, expected: dict[str, t.Any]) -> None:
    result = parameters(memory_mb, max_connections)
    assert {name: result[name] for name in expected} == expected
    assert result["max_connections"] == max_connections
    assert result["jit"] == "off"


def test_overrides_win() -> None:
    result = parameters(1024, 100, {"jit": "on", "shared_buffers": "300MB", "wal_level": None})
    assert (result["jit"], result["shared_buffers"], result["wal_level"]) == ("on", "300MB", None)


@pytest.mark.parametrize(
    ("memory_mb", "max_connections", "message"),
    [(255, 100, "postgresql_memory_mb 255"), (1024, 19, "postgresql_max_connections 19")],
)
def test_impossible_sizes_are_refused(memory_mb: int, max_connections: int, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        parameters(memory_mb, max_connections)


@given(memory_mb=st.integers(256, 1_000_000), max_connections=st.integers(20, 5000))
def test_what_a_server_uses_fits_its_container(memory_mb: int, max_connections: int) -> None:
    result = parameters(memory_mb, max_connections)
    workers = result["autovacuum_max_workers"] * megabytes(result["autovacuum_work_mem"])
    assert megabytes(result["shared_buffers"]) + workers < memory_mb
    assert megabytes(result["effective_cache_size"]) < memory_mb
    assert megabytes(result["min_wal_size"]) < megabytes(result["max_wal_size"])
    assert 4 <= megabytes(result["work_mem"]) <= 64


@given(smaller=st.integers(256, 500_000), more=st.integers(0, 500_000), max_connections=st.integers(20, 5000))
def test_more_memory_never_means_less_of_anything(smaller: int, more: int, max_connections: int) -> None:
    little, much = parameters(smaller, max_connections), parameters(smaller + more, max_connections)
    sized = [name for name, value in little.items() if str(value).endswith("MB")]
    assert all(megabytes(little[name]) <= megabytes(much[name]) for name in sized)


def test_every_value_is_explained() -> None:
    shown = {entry["name"]: entry for entry in parameters_explained(8192, 400, {"jit": "on"})}
    assert {name: entry["value"] for name, entry in shown.items()} == parameters(8192, 400, {"jit": "on"})
    assert all(entry["why"].endswith(".") and len(entry["why"]) > 12 for entry in shown.values())
    assert "A quarter of 8192 MiB" in shown["shared_buffers"]["why"]
    assert shown["jit"]["why"] == "Set by postgresql_parameters."


def test_what_is_logged_for_the_audit() -> None:
    result = parameters(1024, 100)
    assert (result["log_statement"], result["log_connections"], result["log_disconnections"]) == ("ddl", "on", "on")


def test_verifier_has_postgresqls_form_and_is_the_same_each_time() -> None:
    verifier = scram_verifier("secret", "local/shared/provisioner")
    assert re.fullmatch(r"SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}", verifier)
    assert verifier == scram_verifier("secret", "local/shared/provisioner")


def test_verifier_depends_on_password_and_name() -> None:
    verifiers = {scram_verifier(password, name) for password in ("a", "b") for name in ("x", "y")}
    assert len(verifiers) == 4


def test_verifier_of_rfc_7677(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof of the RFC's example (section 3), recomputed from the keys of the verifier for the RFC's salt."""
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    derive = hashlib.pbkdf2_hmac
    monkeypatch.setattr(hashlib, "pbkdf2_hmac", lambda name, password, _salt, n: derive(name, password, salt, n))
    server_key = base64.b64decode(scram_verifier("pencil", "user").rpartition(":")[2])
    message = (
        "n=user,r=rOprNGfwEbeRWgbNEkqO,"
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    signature = hmac.digest(server_key, message.encode(), "sha256")
    assert base64.b64encode(signature) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.mark.parametrize("password", ["", "päss"])
def test_unusable_passwords_are_refused_without_being_shown(password: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        scram_verifier(password, "local/shared/app")
    assert "päss" not in str(caught.value)


@pytest.mark.parametrize(
    ("original", "patch", "expected"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1, "b": 2}, {"b": None}, {"a": 1}),
        ({"a": 1}, {"b": None}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": 1}, {"a": {"b": 1, "c": None}}, {"a": {"b": 1}}),
    ],
)
def test_merge_patch(original: dict[str, t.Any], patch: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    before = repr(original)
    assert merge_patch(original, patch) == expected
    assert repr(original) == before
