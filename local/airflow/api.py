"""Questions to the API of the running Airflow."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from typing import Any

ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Account:
    """A user of an Airflow that asks for a login. The password is hidden from repr."""

    username: str
    password: str = field(repr=False)


class AirflowApi:
    """The API server at one address; it is asked directly, whatever proxy the caller has.

    :param account: who asks; None where Airflow takes everybody for an administrator
    """

    def __init__(self, url: str, account: Account | None = None) -> None:
        self.url = url
        self._account = account
        self._token: str | None = None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def status(self, path: str) -> int | None:
        """The HTTP status of the answer to somebody unknown; None when nobody answers."""
        # Without this header Airflow adds one for the user of its UI, which the part for tasks logs as a fault.
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": "none"})  # noqa: S310
        try:
            with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def read(self, path: str) -> dict[str, Any]:
        """The JSON object in the answer; empty when nobody answers, or with an error."""
        try:
            return self.call(path)
        except OSError:
            return {}

    def call(self, path: str, body: object = None, method: str | None = None) -> dict[str, Any]:
        """The JSON object in the answer.

        :param body: is sent as JSON
        :param method: by default GET, with a body POST
        :raises OSError: nobody answers, or with an error
        """
        if self._account and not self._token:
            self._token = self._send("/auth/token", asdict(self._account), None)["access_token"]
        return self._send(path, body, method)

    def _send(self, path: str, body: object, method: str | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310
        with self._opener.open(request, timeout=ANSWER_SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
