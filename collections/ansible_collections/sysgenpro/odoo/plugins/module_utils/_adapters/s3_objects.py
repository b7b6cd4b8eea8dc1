# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of one bucket, fetched and removed by their keys; signed with the standard library, as s3_admin is."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import shutil
import ssl
import typing as t
from urllib.parse import quote, urlsplit

from .._support.errors import OdooError
from .s3_admin import signed

if t.TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT = 60


class Objects:
    """A bucket with its tenant's key. ``endpoint`` is https://host:port."""

    def __init__(
        self, endpoint: str, bucket: str, *, region: str, access_key: str, secret_key: str, ca_file: str
    ) -> None:
        self._url = urlsplit(endpoint)
        self._bucket, self._region = bucket, region
        self._access_key, self._secret_key = access_key, secret_key
        self._context = ssl.create_default_context(cafile=ca_file)

    def fetch(self, key: str, target: Path) -> None:
        """Write an object's content to a file that does not exist yet, readable by its owner alone."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._answer("GET", key) as answer, target.open("xb") as file:
            target.chmod(0o600)
            shutil.copyfileobj(answer, file, 1 << 20)

    def remove(self, key: str) -> None:
        """Remove an object; one that is gone is no error."""
        with self._answer("DELETE", key):
            pass

    @contextlib.contextmanager
    def _answer(self, method: str, key: str) -> t.Iterator[http.client.HTTPResponse]:
        """The answer to a request for one key.

        :raises OdooError: with what the service said, or that it does not answer.
        """
        path = quote(f"/{self._bucket}/{key}", safe="/-_.~")
        keys = {"access_key": self._access_key, "secret_key": self._secret_key}
        now = datetime.datetime.now(datetime.timezone.utc)
        headers = signed(method, path, "", {"host": self._url.netloc}, b"", now=now, region=self._region, **keys)
        connection = http.client.HTTPSConnection(
            self._url.hostname or "", self._url.port, timeout=_TIMEOUT, context=self._context
        )
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            if answer.status // 100 != 2:
                said = answer.read(300).decode(errors="replace")
                raise OdooError(f"S3 refused {method} of {key} in bucket {self._bucket}: {answer.status} {said}")
            yield answer
        except (OSError, http.client.HTTPException) as error:
            raise OdooError(
                f"{method} of {key} at {self._url.netloc}: {error}", hint="Check the endpoint and its CA"
            ) from error
        finally:
            connection.close()
