# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksums, encryption and signatures, by the programs age and minisign."""

from __future__ import annotations

import base64
import binascii
import hashlib
import subprocess
import tempfile
import typing as t
from pathlib import Path

from .errors import RecoveryError

#: Seconds; minisign derives the key of a password on purpose slowly.
TIMEOUT = 60


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def encrypt(content: bytes, recipients: t.Sequence[str]) -> bytes:
    """Content that each of the recipients' age identities can read; it is in clear in memory and in a pipe only."""
    if not recipients:
        raise RecoveryError(
            "Nobody is named who may read the secrets", hint="Set odoo_recovery_recipients to public age keys (age1…)"
        )
    argv = ["age", "--encrypt", *(argument for recipient in recipients for argument in ("--recipient", recipient))]
    return _run(argv, content, "encrypt the secrets").stdout


def sign(content: bytes, *, key_file: str, password: str, comment: str) -> bytes:
    """The minisign signature of ``content``, with a trusted comment; a key without password ignores ``password``."""
    with tempfile.TemporaryDirectory() as folder:
        message, signature = Path(folder, "message"), Path(folder, "message.minisig")
        message.write_bytes(content)
        argv = ["minisign", "-S", "-s", key_file, "-m", str(message), "-x", str(signature), "-t", comment]
        _run(argv, f"{password}\n".encode(), "sign")
        return signature.read_bytes()


def verify(content: bytes, signature: bytes, *, public_key: str) -> str:
    """The trusted comment of a valid signature.

    :raises RecoveryError: when the signature is not of this key and this content.
    """
    with tempfile.TemporaryDirectory() as folder:
        message, detached = Path(folder, "message"), Path(folder, "message.minisig")
        message.write_bytes(content)
        detached.write_bytes(signature)
        argv = ["minisign", "-V", "-Q", "-P", public_key, "-m", str(message), "-x", str(detached)]
        return _run(argv, b"", "verify the signature").stdout.decode(errors="replace").strip()


def key_id(public_key: str) -> str:
    """The key's number as minisign prints it: 16 hexadecimal digits.

    :raises RecoveryError: when it is no minisign public key.
    """
    try:
        raw = base64.b64decode(public_key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 42 or raw[:2] != b"Ed":
        raise RecoveryError("The public key is no minisign key", hint="Give the second line of the .pub file: RW…")
    return f"{int.from_bytes(raw[2:10], 'little'):016X}"


def _run(argv: t.Sequence[str], given: bytes, what: str) -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(argv, input=given, capture_output=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RecoveryError(f"Failed to {what}: {argv[0]}: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise RecoveryError(f"Failed to {what}: {said[-1] if said else f'{argv[0]} ended with {done.returncode}'}")
    return done
