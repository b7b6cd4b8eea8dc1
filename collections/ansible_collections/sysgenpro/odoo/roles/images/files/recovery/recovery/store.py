# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of an S3 service; the only place that imports boto3."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime
import functools
import typing as t

import boto3
import botocore.exceptions
import botocore.session
import botocore.utils
from botocore.config import Config

from .errors import RecoveryError
from .manifest import Version

if t.TYPE_CHECKING:
    from .request import Bucket

THREADS = 8
#: Listings under way at a time; most of each is waiting for the service.
LISTINGS = 16
CHUNK = 1024 * 1024
#: Bytes that S3 copies in one request; more goes in parts.
COPY_LIMIT = 5 * 1024**3
#: Read failures that botocore leaves to its caller, as the body comes after the answer it retries.
BROKEN_BODY = (botocore.exceptions.ReadTimeoutError, botocore.exceptions.ResponseStreamingError)

T = t.TypeVar("T")
R = t.TypeVar("R")


def in_parallel(work: t.Callable[[T], R], items: t.Iterable[T], *, threads: int = THREADS) -> list[R]:
    """Results in the order of ``items``; the first error ends the rest."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise


class Store:
    """One bucket with one key. Absent objects are None; every other refusal is a RecoveryError."""

    def __init__(self, bucket: Bucket, *, ca_file: str, client: t.Any = None) -> None:
        self.bucket = bucket
        self.name = bucket.bucket
        self.client = client or _client(bucket, ca_file)

    @contextlib.contextmanager
    def _said(self, what: str) -> t.Iterator[None]:
        try:
            yield
        except botocore.exceptions.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise RecoveryError(
                f"Bucket {self.name} refused to {what}: {code}",
                hint="Check that the bucket exists and what its key may do",
            ) from error
        except botocore.exceptions.BotoCoreError as error:
            raise RecoveryError(f"{self.bucket.endpoint} does not answer: {error}") from error

    def versions(self, prefix: str = "") -> list[Version]:
        """Every version and delete marker of the bucket below ``prefix``, in no particular order.

        The keys below each first-level prefix are a listing of their own, so that several are under way at a time.
        """
        with self._said("list versions"):
            prefixes, loose = self._first_level(prefix)
            listed = in_parallel(lambda prefix: list(self._pages(Prefix=prefix)), prefixes, threads=LISTINGS)
        return [*loose, *(version for part in listed for version in part)]

    def _first_level(self, prefix: str) -> tuple[list[str], list[Version]]:
        """The first-level prefixes, and the versions of objects that have none."""
        prefixes: list[str] = []
        loose: list[Version] = []
        for page in self._raw_pages(Delimiter="/", **({"Prefix": prefix} if prefix else {})):
            prefixes += [item["Prefix"] for item in page.get("CommonPrefixes", ())]
            loose += _versions(page)
        return list(dict.fromkeys(prefixes)), loose

    def versions_of(self, key: str) -> list[Version]:
        """The versions of one key."""
        with self._said("list versions"):
            found = []
            for page in self._raw_pages(Prefix=key):
                of_key = [version for version in _versions(page) if version.key == key]
                found += of_key
                # Keys come in order: after the first page without it there is no more of it.
                if not of_key:
                    break
            return found

    def _pages(self, **arguments: str) -> t.Iterator[Version]:
        for page in self._raw_pages(**arguments):
            yield from _versions(page)

    def _raw_pages(self, **arguments: str) -> t.Iterator[dict[str, t.Any]]:
        markers: dict[str, str] = {}
        while True:
            page = self.client.list_object_versions(Bucket=self.name, **arguments, **markers)
            yield page
            if not page.get("IsTruncated"):
                return
            following = {
                "KeyMarker": page.get("NextKeyMarker", ""),
                "VersionIdMarker": page.get("NextVersionIdMarker", ""),
            }
            if following == markers or not following["KeyMarker"]:
                raise RecoveryError(f"Bucket {self.name} breaks off its listing at {markers.get('KeyMarker', '')!r}")
            # Nothing to go on from inside a key when the page ended with a common prefix.
            markers = {name: value for name, value in following.items() if value}

    def keys(self, prefix: str, *, delimiter: str = "") -> list[str]:
        """Current keys (or, with a delimiter, common prefixes) below ``prefix``, in the service's order."""
        found: list[str] = []
        arguments = {"Bucket": self.name, "Prefix": prefix, **({"Delimiter": delimiter} if delimiter else {})}
        with self._said("list objects"):
            for page in self.client.get_paginator("list_objects_v2").paginate(**arguments):
                entries = page.get("CommonPrefixes" if delimiter else "Contents", ())
                found += [entry["Prefix" if delimiter else "Key"] for entry in entries]
        return found

    def get(self, key: str) -> bytes | None:
        """An object's current content."""
        chunks: list[bytes] = []
        return b"".join(chunks) if self._read(key, "", chunks.append, chunks.clear) else None

    def feed(self, key: str, version_id: str, make: t.Callable[[], t.Any]) -> t.Any | None:
        """A hash object (made by ``make``) fed with a version's content; None where there is none."""
        holder = [make()]

        def take(part: bytes) -> None:
            holder[0].update(part)

        def again() -> None:
            holder[0] = make()

        return holder[0] if self._read(key, version_id, take, again) else None

    def _read(self, key: str, version_id: str, take: t.Callable[[bytes], None], again: t.Callable[[], None]) -> bool:
        arguments = {"Bucket": self.name, "Key": key, **({"VersionId": version_id} if version_id else {})}
        with self._said(f"read {key}"):
            for attempt in range(3):
                try:
                    for part in self.client.get_object(**arguments)["Body"].iter_chunks(CHUNK):
                        take(part)
                    return True
                except botocore.exceptions.ClientError as error:
                    if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "NoSuchVersion", "404"):
                        return False
                    raise
                except BROKEN_BODY:
                    if attempt == 2:
                        raise
                    again()
        return False

    def put(self, key: str, content: bytes, *, content_type: str = "application/octet-stream") -> None:
        with self._said(f"write {key}"):
            self.client.put_object(Bucket=self.name, Key=key, Body=content, ContentType=content_type)

    def copy_from(self, source: Store, key: str, version_id: str, size: int, *, origin_key: str = "") -> None:
        """Make a version of ``source`` the current object ``key`` of this bucket, inside the service where one key may.

        :param origin_key: its key there, where it is another.
        """
        there = origin_key or key
        version = {"VersionId": version_id} if version_id else {}
        same = (source.bucket.endpoint, source.bucket.access_key) == (self.bucket.endpoint, self.bucket.access_key)
        with self._said(f"copy {key}"):
            if same:
                origin = {"Bucket": source.name, "Key": there, **version}
                copy = self.client.copy_object if size <= COPY_LIMIT else self.client.copy
                copy(Bucket=self.name, Key=key, CopySource=origin)
                return
            found = source.client.get_object(Bucket=source.name, Key=there, **version)
            kept = {
                name: found[name]
                for name in ("ContentType", "ContentEncoding", "CacheControl", "Metadata")
                if found.get(name)
            }
            self.client.upload_fileobj(found["Body"], self.name, key, ExtraArgs=kept)


def _moment(value: t.Any) -> datetime.datetime:
    """A time of an answer. Of a listing's times botocore's own parser, which guesses the format, takes a third of the whole work."""
    try:
        found = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    return found if found and found.tzinfo else botocore.utils.parse_timestamp(value)


def _versions(page: t.Mapping[str, t.Any]) -> list[Version]:
    real = [
        Version(
            item["Key"],
            item["VersionId"],
            item["ETag"].strip('"'),
            item["Size"],
            _seconds(item),
            item["IsLatest"],
            False,
        )
        for item in page.get("Versions", ())
        # A directory made by hand is no object of a tenant.
        if not item["Key"].endswith("/")
    ]
    markers = [
        Version(item["Key"], item["VersionId"], "", 0, _seconds(item), item["IsLatest"], True)
        for item in page.get("DeleteMarkers", ())
    ]
    return [*real, *markers]


def _seconds(item: t.Mapping[str, t.Any]) -> float:
    modified: datetime.datetime = item["LastModified"]
    return modified.timestamp()


@functools.cache
def _client(bucket: Bucket, ca_file: str) -> t.Any:
    config = Config(
        s3={"addressing_style": "path"},
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 3, "mode": "standard"},
        max_pool_connections=max(2 * THREADS, LISTINGS),
        # Services other than Amazon's do not all know the newer default checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = botocore.session.Session()
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
    return boto3.session.Session(botocore_session=session).client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        verify=ca_file,
        config=config,
    )
