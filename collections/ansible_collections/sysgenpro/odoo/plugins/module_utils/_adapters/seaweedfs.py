# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets and identities of SeaweedFS, through ``weed shell`` in the running container.

Commands go in on standard input, so that no secret stands in an argument list. The shell reports every failed command
on standard error with a line that begins with ``error:`` and goes on with the next command. It reads retention and
lifecycle rules but has no words to write them: these go through S3 with the administrator's key.
"""

from __future__ import annotations

import base64
import json
import re
import typing as t

from .._model.bucket import BucketState, Identity, canonical
from .._support.errors import OdooError
from . import s3_admin

#: Causes in error lines that say "there is none" rather than "this went wrong".
_ABSENT = ("no entry is found in filer store", "not found")


class Output(t.NamedTuple):
    stdout: str
    errors: tuple[str, ...]


#: Runs a program in the container: arguments, standard input → exit code, standard output, standard error.
Execute = t.Callable[[t.Sequence[str], str], tuple[int, str, str]]

#: ``AnsibleModule.run_command``.
RunCommand = t.Callable[..., tuple[int, str, str]]

#: Where the container reads the administrator's key.
IDENTITIES = "/etc/seaweedfs/identities.json"
#: What SeaweedFS keeps of a bucket's retention and of its lifecycle rules.
LOCK_DAYS = "Lock-Default-Days"
LOCK_MODE = "Lock-Default-Mode"
LIFECYCLE = "s3-bucket-lifecycle-configuration-xml"

#: Answers with a line of its own, the shell's directory.
_BETWEEN = "fs.pwd"

#: Exit status of timeout(1) for a program that it ended.
TIMED_OUT = 124


def docker_exec(run_command: RunCommand, container: str, *, timeout: float) -> Execute:
    """An :data:`Execute` that uses the Docker command line.

    :param timeout: seconds for one program.
    """

    def execute(arguments: t.Sequence[str], text: str) -> tuple[int, str, str]:
        stdin = ["--interactive"] if text else []
        done = run_command(
            ["timeout", "--kill-after=5", f"{timeout:f}", "docker", "exec", *stdin, container, *arguments],
            data=text,
            binary_data=True,
            errors="surrogate_then_replace",
            expand_user_and_vars=False,
        )
        if done[0] == TIMED_OUT:
            raise OdooError(
                f"{arguments[0]} in container {container} did not answer within {timeout:g} s",
                hint="Read the container's log",
            )
        return done

    return execute


class SeaweedFS:
    """The administrator's view of one SeaweedFS service.

    Writes wait for the next :meth:`observe`, which sends them together: a conversation costs half a second, however much
    is said in it.
    """

    def __init__(self, execute: Execute, *, master: str, endpoint: str = "", ca_file: str = "") -> None:
        self._execute = execute
        self._master = master
        self._endpoint, self._ca_file = endpoint, ca_file
        self._writes: list[str] = []
        self._uploads: dict[str, str] = {}
        self._rules: list[tuple[str, str, str]] = []

    def observe(self, bucket: str, identity: str, *, contents: bool = False) -> BucketState:
        """Carry out the writes asked for, then read the bucket and the identity as they are.

        :param contents: also ask whether the bucket is empty.
        """
        self._write()
        answer = self._shell(["s3.iam.export", *_questions(bucket, identity)], accept=_ABSENT)
        empty = None
        if contents and "Bucket:" in answer.stdout:
            listing = self._shell([f"fs.ls -a /buckets/{bucket}"]).stdout.split()
            empty = not [entry for entry in listing if entry != ".uploads"]
        return parse(answer.stdout, bucket=bucket, identity=identity, empty=empty)

    def observe_all(self, wanted: t.Sequence[tuple[str, str]]) -> list[BucketState]:
        """Buckets with their identities, (bucket, identity), all in one conversation."""
        questions = ["s3.iam.export"]
        for bucket, identity in wanted:
            questions += [_BETWEEN, *_questions(bucket, identity)]
        answer = self._shell(questions, accept=_ABSENT)
        exported, said = _export(answer.stdout)
        parts = re.split(r"^/$", said, flags=re.MULTILINE)[1:]
        if len(parts) != len(wanted):
            raise OdooError(
                f"weed shell answered {len(parts)} of {len(wanted)} questions", hint="Check the version of SeaweedFS"
            )
        return [
            _state(exported, part, bucket=bucket, identity=identity, empty=None)
            for part, (bucket, identity) in zip(parts, wanted)
        ]

    def create_bucket(self, bucket: str) -> None:
        self._writes.append(f"s3.bucket.create -name {bucket}")

    def set_versioning(self, bucket: str, *, enabled: bool) -> None:
        self._writes.append(f"s3.bucket.versioning -name {bucket} {'-enable' if enabled else '-suspend'}")

    def enable_object_lock(self, bucket: str) -> None:
        """Let objects be kept from deletion; there is no way back, and versioning comes with it."""
        self._writes.append(f"s3.bucket.lock -name {bucket} -enable")

    def set_lock_days(self, bucket: str, days: int) -> None:
        """Lock every new version for so long; what is there keeps the retention it has."""
        self._rules.append((bucket, "object-lock", s3_admin.retention(days)))

    def set_noncurrent_days(self, bucket: str, days: int) -> None:
        """Let the lifecycle remove what has not been the newest version for so long."""
        self._rules.append((bucket, "lifecycle", s3_admin.lifecycle(days)))

    def put_policy(self, name: str, policy: str) -> None:
        """Write a policy; the shell only reads it from a file, which lives for one conversation in the container's /tmp."""
        path = f"/tmp/policy-{name}.json"
        self._uploads[path] = policy
        self._writes.append(f"s3.policy -put -name={name} -file={path}")

    def put_identity(self, identity: Identity) -> None:
        """Make the identity, or set its key and attach its policies."""
        policies = ",".join(sorted(identity.policies))
        self._writes += [
            f"s3.configure -user={identity.name} -access_key={access_key} -secret_key={secret_key} -policies={policies} -apply"
            for access_key, secret_key in identity.keys.items()
        ]

    def delete_key(self, identity: str, access_key: str) -> None:
        self._writes.append(f"s3.accesskey.delete -user {identity} -access_key {access_key}")

    def delete_identity(self, identity: str) -> None:
        self._writes.append(f"s3.user.delete -name {identity}")

    def delete_policy(self, name: str) -> None:
        self._writes.append(f"s3.policy -delete -name={name}")

    def delete_bucket(self, bucket: str) -> None:
        self._writes.append(f"s3.bucket.delete -name {bucket}")

    def _write(self) -> None:
        """Carry out what was asked for, in order, in one conversation; then the rules of the buckets that are there now."""
        writes, uploads, rules = self._writes, self._uploads, self._rules
        self._writes, self._uploads, self._rules = [], {}, []
        for path, content in uploads.items():
            self._run(["sh", "-c", f"cat > {path}"], content)
        try:
            if writes:
                self._shell(writes)
        finally:
            if uploads:
                self._run(["rm", "-f", *uploads], "")
        if rules:
            admin = self._admin()
            for bucket, subresource, document in rules:
                admin.put(bucket, subresource, document)

    def _admin(self) -> s3_admin.Admin:
        """S3 with the administrator's key, which is read where the service has it."""
        if not self._endpoint:
            raise OdooError("lock_days and noncurrent_days are set through S3", hint="Give the endpoint")
        identities = json.loads(self._run(["cat", IDENTITIES], ""))["identities"]
        key = next(entry for entry in identities if "Admin" in entry["actions"])["credentials"][0]
        return s3_admin.Admin(
            self._endpoint, access_key=key["accessKey"], secret_key=key["secretKey"], ca_file=self._ca_file
        )

    def _shell(self, commands: t.Sequence[str], *, accept: t.Sequence[str] = ()) -> Output:
        _code, stdout, stderr = self._execute(["weed", "shell", f"-master={self._master}"], "\n".join(commands) + "\n")
        errors = tuple(line for line in stderr.splitlines() if line.startswith("error:"))
        unexpected = [line for line in errors if not any(text in line for text in accept)]
        # Without an error line, a failure is docker's own: no container, no program.
        if unexpected or (_code != 0 and not errors):
            verbs = ", ".join(dict.fromkeys(command.split(" ")[0] for command in commands))
            raise OdooError(
                f"weed shell ({verbs}): {'; '.join(unexpected) or stderr.strip()[-300:]}",
                hint="Check that the container runs and is healthy",
            )
        return Output(stdout, errors)

    def _run(self, arguments: t.Sequence[str], text: str) -> str:
        code, stdout, stderr = self._execute(arguments, text)
        if code != 0:
            raise OdooError(
                f"{arguments[0]} in the container exited with {code}: {stderr.strip()[-300:]}",
                hint="Check that the container runs",
            )
        return stdout


def _questions(bucket: str, identity: str) -> list[str]:
    return [
        f"s3.policy -get -name={identity}",
        f"s3.bucket.versioning -name {bucket}",
        f"s3.bucket.lock -name {bucket}",
        f"fs.meta.cat /buckets/{bucket}",
    ]


class Exported(t.NamedTuple):
    """Every identity of the service, and who has which access key."""

    identities: t.Mapping[str, t.Mapping[str, t.Any]]
    owners: t.Mapping[str, str]


def parse(text: str, *, bucket: str, identity: str, empty: bool | None) -> BucketState:
    """Read the answers to :meth:`SeaweedFS.observe`, in the order of its questions.

    :raises OdooError: the first answer is not the exported configuration.
    """
    exported, said = _export(text)
    return _state(exported, said, bucket=bucket, identity=identity, empty=empty)


def _export(text: str) -> tuple[Exported, str]:
    """The exported identities, and what was said after them."""
    start = text.find("{")
    try:
        exported, end = json.JSONDecoder().raw_decode(text, max(start, 0))
        identities = {entry["name"]: entry for entry in exported["identities"]}
    except (ValueError, KeyError, TypeError):
        raise OdooError(
            "weed shell answered something else than its identities", hint="Check the version of SeaweedFS"
        ) from None
    owners = {
        credential["accessKey"]: name for name, entry in identities.items() for credential in entry["credentials"]
    }
    return Exported(identities, owners), text[end:]


def _state(exported: Exported, text: str, *, bucket: str, identity: str, empty: bool | None) -> BucketState:
    said, brace, entry_text = text.partition("\n{\n")
    attributes = json.JSONDecoder().raw_decode("{" + entry_text)[0].get("extended") or {} if brace else {}
    lines = [line.strip() for line in said.splitlines()]
    policies = [line for line in lines if line.startswith("{")]
    own = exported.identities.get(identity)
    return BucketState(
        name=bucket,
        exists=f"Bucket: {bucket}" in lines,
        versioning="Versioning: Enabled" in lines,
        object_lock="Object Lock: Enabled" in lines,
        lock_days=_lock_days(attributes),
        noncurrent_days=_noncurrent_days(attributes),
        identity=_identity(own) if own else None,
        policy=canonical(json.loads(policies[0])) if policies else None,
        empty=empty,
        foreign_keys=_Foreign(exported.owners, identity),
    )


class _Foreign(t.Mapping[str, str]):
    """The access keys of all other identities: a view, because a service has as many identities as tenants."""

    def __init__(self, owners: t.Mapping[str, str], identity: str) -> None:
        self._owners, self._identity = owners, identity

    def __getitem__(self, key: str) -> str:
        owner = self._owners[key]
        if owner == self._identity:
            raise KeyError(key)
        return owner

    def __iter__(self) -> t.Iterator[str]:
        return (key for key, owner in self._owners.items() if owner != self._identity)

    def __len__(self) -> int:
        return sum(1 for _key in self)


def _lock_days(attributes: t.Mapping[str, str]) -> int | None:
    """Days for which new versions are locked against everybody; a retention that some may shorten is none."""
    if _text(attributes, LOCK_MODE) != "COMPLIANCE":
        return None
    return int(_text(attributes, LOCK_DAYS) or 0) or None


def _noncurrent_days(attributes: t.Mapping[str, str]) -> int | None:
    """Days after which older versions are removed; rules that somebody else wrote are replaced."""
    document = _text(attributes, LIFECYCLE)
    found = re.search(r"<NoncurrentDays>(\d+)</NoncurrentDays>", document)
    return int(found[1]) if found and f"<ID>{s3_admin.RULE}</ID>" in document else None


def _text(attributes: t.Mapping[str, str], name: str) -> str:
    return base64.b64decode(attributes.get(name, "")).decode()


def _identity(entry: t.Mapping[str, t.Any]) -> Identity:
    return Identity(
        name=entry["name"],
        keys={credential["accessKey"]: credential["secretKey"] for credential in entry["credentials"]},
        policies=frozenset(entry["policyNames"]),
        actions=frozenset(entry["actions"]),
        enabled=not entry["disabled"],
    )
