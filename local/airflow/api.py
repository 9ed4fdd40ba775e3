"""Questions to the API of the running Airflow."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

ANSWER_SECONDS = 30.0


class AirflowApi:
    """The API server at one address; it is asked directly, whatever proxy the caller has."""

    def __init__(self, url: str) -> None:
        self.url = url
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
            with self._opener.open(f"{self.url}{path}", timeout=ANSWER_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except OSError:
            return {}
