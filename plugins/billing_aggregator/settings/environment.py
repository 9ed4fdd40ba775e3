"""Reads typed values from environment variables and collects every problem instead of the first only."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.variables import DEFAULTS, DEVELOPMENT_VARIABLES

_BOOLEANS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True)
class Rule:
    """What a text must look like: a pattern for all of it, and the same in words."""

    pattern: re.Pattern[str]
    text: str


KEY_PART = Rule(
    re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*"),
    "letters, digits, '-', '_' and '.', beginning with a letter or digit",
)
BUCKET = Rule(
    re.compile(r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'",
)
REGION = Rule(re.compile(r"[a-z0-9-]+"), "a region such as eu-central-1")
HOST = Rule(re.compile(r"[^\s@]+"), "a host name")


class EnvironmentReader:
    """One pass over `environ`: each method reads one variable, notes what is wrong, returns a usable value.

    Blanks around a value do not count, except in secrets; an empty variable counts as unset.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[tuple[int, str]] = []
        self._order = {name: place for place, name in enumerate(DEFAULTS)}

    def is_set(self, name: str) -> bool:
        """Say whether the variable holds anything."""
        return bool(self._environ.get(name, "").strip())

    def problem(self, name: str, text: str) -> None:
        """Note what is wrong with the variable."""
        self._problems.append((self._order.get(name, len(self._order)), f"{name} {text}"))

    def text(self, name: str) -> str:
        """The value, else the default."""
        return self._environ.get(name, "").strip() or DEFAULTS[name]

    def require(self, name: str, example: str) -> None:
        """Note a problem if the variable is unset."""
        if not self.is_set(name):
            self.problem(name, f"is required but not set, for example {name}={example}")

    def matching(self, name: str, rule: Rule) -> str:
        """A value that follows the rule."""
        value = self.text(name)
        if "@" in value or "://" in value:
            # What looks like an address may hold a password, so it is not shown.
            self.problem(name, f"must be {rule.text}, found something like a URL")
        elif value and not rule.pattern.fullmatch(value):
            self.problem(name, f"must be {rule.text}, found {value!r}")
        return value

    def secret(self, name: str) -> SecretStr | None:
        """A secret, kept exactly as it was given."""
        return SecretStr(self._environ[name]) if self._environ.get(name) else None

    def integer(self, name: str, lowest: int, highest: int = 2**31 - 1) -> int:
        """A whole number within limits."""
        value = self.text(name)
        if re.fullmatch(r"[0-9]{1,10}", value) and lowest <= int(value) <= highest:
            return int(value)
        self.problem(name, f"must be a whole number from {lowest} to {highest}, found {value!r}")
        return lowest

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """One of a few words, in upper or lower case."""
        value = self.text(name).lower()
        if value not in choices:
            self.problem(name, f"must be one of {', '.join(choices)}, found {value!r}")
        return value

    def boolean(self, name: str) -> bool:
        """True or false."""
        value = self.text(name).lower()
        if value not in _BOOLEANS:
            self.problem(name, f"must be true or false, found {value!r}")
        return _BOOLEANS.get(value, False)

    def names(self, name: str) -> tuple[str, ...] | None:
        """Names separated by commas, None if the variable is unset."""
        if not self.is_set(name):
            return None
        items = [item.strip() for item in self.text(name).split(",") if item.strip()]
        twice = sorted({item for item in items if items.count(item) > 1})
        if twice:
            self.problem(name, f"names a system twice: {', '.join(twice)}")
        if not items:
            self.problem(name, "names no system; unset it to get the default")
        return tuple(items)

    def url(self, name: str) -> str | None:
        """An http or https address without credentials, which would end up in logs."""
        value = self.text(name)
        if "@" in value:
            self.problem(name, "must not hold credentials; set BDA_S3_ACCESS_KEY and BDA_S3_SECRET_ACCESS_KEY")
        elif value and not _is_http_address(value):
            self.problem(name, f"must be an http:// or https:// address, found {value!r}")
        return value or None

    def report_unknown(self) -> None:
        """Note every `BDA_*` variable that nothing reads, with the name that was probably meant."""
        known = set(DEFAULTS) | DEVELOPMENT_VARIABLES
        for name in sorted(name for name in self._environ if name.startswith("BDA_") and name not in known):
            nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0)
            self.problem(name, f"is not a known variable; did you mean {nearest[0]}?")

    def raise_problems(self) -> None:
        """Raise one error that lists all problems, in the order of the documented table."""
        if self._problems:
            raise SettingsError([text for _, text in sorted(self._problems, key=lambda problem: problem[0])])


def _is_http_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
