"""The time of day in a process whose machine sets its clock back while the process works."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import botocore.auth

REQUESTS_BEFORE = 4
_time, _time_ns, _now = time.time, time.time_ns, botocore.auth.get_current_datetime


@dataclass
class SteppingClock:
    """A clock that is right until so many requests to AWS were signed, and late by ``seconds`` from then on."""

    seconds: int
    requests_before: int = REQUESTS_BEFORE

    def install(self) -> None:
        """Let Python and the AWS client, which signs requests with the time, ask this clock."""
        time.time = lambda: _time() - self._error  # type: ignore[method-assign]
        time.time_ns = lambda: _time_ns() - self._error * 10**9
        for name, module in list(sys.modules.items()):
            if name.startswith("botocore.") and getattr(module, "get_current_datetime", None) is _now:
                setattr(module, "get_current_datetime", self._now)  # noqa: B010
        botocore.auth.get_current_datetime = self._now_to_sign

    @property
    def _error(self) -> int:
        return 0 if self.requests_before else self.seconds

    def _now(self, remove_tzinfo: bool = True) -> datetime:
        return _now(remove_tzinfo) - timedelta(seconds=self._error)

    def _now_to_sign(self, remove_tzinfo: bool = True) -> datetime:
        now = self._now(remove_tzinfo)
        self.requests_before = max(0, self.requests_before - 1)
        return now
