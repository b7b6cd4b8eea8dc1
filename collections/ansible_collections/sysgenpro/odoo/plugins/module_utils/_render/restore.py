# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers and files of a restored PostgreSQL cluster."""

from __future__ import annotations

import typing as t

from .containers import LABEL, LOG, digest
from .odoo_conf import File

if t.TYPE_CHECKING:
    from .._model.restore import Restore

POSTGRES_UID = 999
DATA = "/var/lib/postgresql/data"
#: Where the role postgresql has pgBackRest keep backups in a bucket.
REPOSITORY_PATH = "/postgresql"
SECOND = 1_000_000_000


def spec(restore: Restore) -> str:
    """What distinguishes this restored cluster from one of the same name for something else."""
    repository = restore.repository.number if restore.repository else 0
    asked = [restore.stanza, repository, restore.databases, restore.target, restore.timeline]
    return digest(
        [
            *asked,
            restore.address,
            restore.port,
            [[a.database, a.user] for a in restore.access],
            restore.network,
            restore.volume,
        ]
    )


def info_command(restore: Restore, label: str = "") -> list[str]:
    """pgbackrest's arguments to list the backups, or to describe one."""
    options = [f"--stanza={restore.stanza}", "--repo=1", "--output=json", "--log-level-console=off"]
    return ["pgbackrest", *options, *([f"--set={label}"] if label else []), "info"]


def fetch_command(restore: Restore, label: str, included: t.Sequence[str]) -> list[str]:
    """pgbackrest's arguments; the recovered server opens for writing and archives nothing."""
    kind, value = restore.target
    options = [f"--stanza={restore.stanza}", "--repo=1", f"--set={label}", f"--pg1-path={DATA}", "--delta"]
    options += [f"--db-include={name}" for name in included]
    # A member that is restored in place archives again when Patroni runs it; the option would stay in its data.
    options += [] if restore.volume else ["--archive-mode=off"]
    options += [f"--target-timeline={restore.timeline}"]
    if kind != "latest":
        options += [f"--type={kind}", f"--target={value}", "--target-action=promote"]
    return ["pgbackrest", *options, "restore"]


def configuration(restore: Restore, *, processes: int = 4) -> str:
    """pgbackrest.conf with the one repository to restore from; its key can read and list."""
    repository = restore.repository
    if repository is None:
        return ""
    settings = {
        "repo1-type": "s3",
        "repo1-s3-endpoint": repository.host,
        "repo1-storage-port": repository.port,
        "repo1-storage-ca-file": "/etc/pgbackrest/ca.crt",
        "repo1-s3-bucket": repository.bucket,
        "repo1-s3-region": repository.region,
        "repo1-s3-uri-style": "path",
        "repo1-s3-key": repository.access_key,
        "repo1-s3-key-secret": repository.secret_key,
        "repo1-path": REPOSITORY_PATH,
        "repo1-cipher-type": "aes-256-cbc",
        "repo1-cipher-pass": repository.cipher,
        "process-max": processes,
        "io-timeout": 20,
        "lock-path": "/tmp/pgbackrest",  # a path inside the container
        "log-level-console": "warn",
        "log-level-file": "off",
    }
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    return f"[global]\n{lines}\n[{restore.stanza}]\npg1-path={DATA}\n"


def files(restore: Restore, *, ca: str, certificate: str, private_key: str) -> list[File]:
    """What both containers read, mounted at /etc/pgbackrest (secret) and /etc/postgresql (plain)."""
    return [
        File("plain/postgresql.conf", server_configuration(restore)),
        File("plain/pg_hba.conf", access_rules(restore)),
        File("secret/pgbackrest.conf", configuration(restore)),
        File("secret/ca.crt", ca),
        File("secret/server.crt", certificate),
        File("secret/server.key", private_key),
        File("secret/access.sql", access_statements(restore)),
    ]


def access_statements(restore: Restore) -> str:
    """A password that was changed since the backup is the one that holds; a member keeps no setting of the recovery."""
    verifiers = {access.user: access.verifier for access in restore.access if access.verifier}
    # The cluster it comes from logs such statements, and a verifier is enough to try passwords with.
    statements = ["SET log_statement = 'none'", "SET log_min_duration_statement = -1"] if verifiers else []
    statements += [f"ALTER ROLE {user} PASSWORD '{verifier}'" for user, verifier in sorted(verifiers.items())]
    return "".join(f"{text};\n" for text in [*statements, *(["ALTER SYSTEM RESET ALL"] if restore.volume else [])])


def server_configuration(restore: Restore) -> str:
    """postgresql.conf of its own: the one in the backup belongs to a member of the cluster it was taken from."""
    buffers = max(restore.memory_mb // 4, 64)
    lines = {
        "listen_addresses": f"'{restore.address}'",
        "port": str(restore.port),
        "unix_socket_directories": "'/run/postgresql'",
        "hba_file": "'/etc/postgresql/pg_hba.conf'",
        "ssl": "on",
        "ssl_cert_file": "'/etc/pgbackrest/server.crt'",
        "ssl_key_file": "'/etc/pgbackrest/server.key'",
        "ssl_min_protocol_version": "'TLSv1.3'",
        "shared_buffers": f"'{buffers}MB'",
        "max_connections": "200",
        "max_wal_size": "'4GB'",
        "max_locks_per_transaction": "256",
        # Nobody reads before it is promoted, so it need not be sized like the cluster it came from.
        "hot_standby": "off",
        "archive_mode": "off",
        "jit": "off",
        "password_encryption": "'scram-sha-256'",
        "random_page_cost": "1.1",
    }
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def access_command(restore: Restore) -> list[str]:
    """psql as the superuser on the socket."""
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--port={restore.port}", "--dbname=postgres"]
    return ["psql", *options, "--file=/etc/pgbackrest/access.sql"]


def access_rules(restore: Restore) -> str:
    """pg_hba.conf: those named, over TLS with their passwords; the superuser on the socket alone."""
    rules = ["local all postgres peer"]
    rules += [f"hostssl {access.database} {access.user} all scram-sha-256" for access in restore.access]
    return "".join(f"{rule}\n" for rule in rules)


def fetch_body(restore: Restore, argv: list[str]) -> dict[str, t.Any]:
    """Create request of a container that asks the repository or fetches a backup."""
    return _body(restore, argv, "restore-fetch", {"Name": "no"})


def server_body(restore: Restore) -> dict[str, t.Any]:
    """Create request of the server; healthy once it has recovered and takes writes."""
    argv = ["postgres", "-D", DATA, "-c", "config_file=/etc/postgresql/postgresql.conf"]
    question = f"psql -XAtqp {restore.port} -c 'SELECT pg_is_in_recovery()' | grep -qx f"
    health = {"Test": ["CMD-SHELL", question], "Interval": SECOND, "Timeout": 5 * SECOND, "Retries": 3}
    return {
        **_body(restore, argv, "restore", {"Name": "unless-stopped"}),
        "Healthcheck": health,
        "StopSignal": "SIGINT",
    }


def _body(restore: Restore, argv: list[str], component: str, restart: dict[str, t.Any]) -> dict[str, t.Any]:
    memory = restore.memory_mb * 1024**2
    return {
        "Image": restore.image,
        "Cmd": argv,
        "User": f"{POSTGRES_UID}:{POSTGRES_UID}",
        "Labels": {
            f"{LABEL}region": restore.region,
            f"{LABEL}component": component,
            f"{LABEL}spec": spec(restore),
        },
        "HostConfig": {
            "Binds": [
                f"{restore.data}:/var/lib/postgresql",
                f"{restore.directory}/etc/plain:/etc/postgresql:ro",
                f"{restore.directory}/etc/secret:/etc/pgbackrest:ro",
            ],
            "CapDrop": ["ALL"],
            "LogConfig": LOG,
            "Memory": memory,
            "MemorySwap": memory,
            "PidsLimit": 512,
            "ReadonlyRootfs": True,
            "RestartPolicy": restart,
            "SecurityOpt": ["no-new-privileges"],
            "ShmSize": max(memory // 4, 64 * 1024**2),
            "Tmpfs": {
                "/tmp": "rw,nosuid,nodev,size=256m,mode=1777",  # a path inside the container
                "/run/postgresql": f"rw,nosuid,nodev,noexec,size=16m,mode=0750,uid={POSTGRES_UID},gid={POSTGRES_UID}",
            },
        },
    }
