# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few writes to buckets that need S3 itself, signed with the standard library: this runs where boto3 is not."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import http.client
import ssl
import typing as t
from urllib.parse import urlsplit

from .._support.errors import OdooError

#: Name of the lifecycle rule that is ours.
RULE = "sysgenpro-odoo-noncurrent"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_REGION = "us-east-1"
_TIMEOUT = 30


def retention(days: int) -> str:
    """Default retention of a bucket that nobody can shorten for a version once written."""
    rule = f"<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>{days}</Days></DefaultRetention></Rule>"
    return (
        f'<ObjectLockConfiguration xmlns="{_NAMESPACE}"><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}'
        "</ObjectLockConfiguration>"
    )


def lifecycle(days: int) -> str:
    """Rule that removes older versions, the delete markers they leave, and uploads nobody ended."""
    rules = (
        f"<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays></NoncurrentVersionExpiration>"
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
    )
    return (
        f'<LifecycleConfiguration xmlns="{_NAMESPACE}"><Rule><ID>{RULE}</ID><Status>Enabled</Status>'
        f"<Filter><Prefix></Prefix></Filter>{rules}</Rule></LifecycleConfiguration>"
    )


class Admin:
    """An S3 service with its administrator's key. ``endpoint`` is https://host:port."""

    def __init__(self, endpoint: str, *, access_key: str, secret_key: str, ca_file: str) -> None:
        self._url = urlsplit(endpoint)
        self._access_key, self._secret_key = access_key, secret_key
        self._context = ssl.create_default_context(cafile=ca_file)

    def put(self, bucket: str, subresource: str, document: str) -> None:
        """Write one subresource of a bucket.

        :raises OdooError: with what the service answered.
        """
        body = document.encode()
        now = datetime.datetime.now(datetime.timezone.utc)
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()  # nosec: S3 asks for it
        headers = signed(
            "PUT",
            f"/{bucket}",
            subresource,
            {"host": self._url.netloc, "content-md5": md5},
            body,
            access_key=self._access_key,
            secret_key=self._secret_key,
            now=now,
        )
        connection = http.client.HTTPSConnection(
            self._url.hostname or "", self._url.port, timeout=_TIMEOUT, context=self._context
        )
        try:
            connection.request("PUT", f"/{bucket}?{subresource}", body, headers)
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise OdooError(
                f"{self._url.netloc} does not answer: {error}", hint="Check the endpoint and its CA"
            ) from error
        finally:
            connection.close()
        if answer.status // 100 != 2:
            raise OdooError(f"S3 refused {subresource} of bucket {bucket}: {answer.status} {said[:300]}")


def signed(
    method: str,
    path: str,
    subresource: str,
    headers: t.Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret_key: str,
    now: datetime.datetime,
    region: str = _REGION,
) -> dict[str, str]:
    """Headers with AWS Signature Version 4 over all of them (AWS General Reference, "Signing AWS API requests")."""
    stamp, scope = f"{now:%Y%m%dT%H%M%SZ}", f"{now:%Y%m%d}/{region}/s3/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    every = {**headers, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    names = ";".join(sorted(every))
    query = f"{subresource}=" if subresource else ""
    canonical = "\n".join(
        [method, path, query, *(f"{name}:{every[name]}" for name in sorted(every)), "", names, digest]
    )
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**every, "Authorization": credential}
