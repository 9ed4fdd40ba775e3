"""Kinds of values that only settings have: names in S3, addresses, secrets, folders and templates of keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from postgres_to_s3.options.keys import key_rules
from postgres_to_s3.options.kinds import Pairs, RefusedValueError


@dataclass(frozen=True)
class Pattern:
    """A text of a certain form.

    :param pattern: a regular expression for all of it
    :param words: the same in words
    """

    pattern: str
    words: str

    def read(self, given: object) -> str:
        """The text."""
        if re.fullmatch(self.pattern, str(given)):
            return str(given)
        raise RefusedValueError(f"must be {self.words}", repr(given))


KEY_PART = Pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits, '-', '_' and '.', beginning with a letter or digit")
BUCKET = Pattern(
    r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'",
)
REGION = Pattern(r"[a-z0-9-]+", "a region such as eu-central-1")
SCHEDULE = Pattern(
    r"off|[0-9*/,-]+( [0-9*/,A-Za-z#-]+){4}", "a cron expression of five fields such as `0 2 * * *`, or `off`"
)
TOPIC = Pattern(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
    "the ARN of a standard SNS topic such as `arn:aws:sns:eu-central-1:123456789012:billing-alerts`",
)
TIME_OF_DAY = Pattern("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as 04:00")
METRICS_NAMESPACE = Pattern(
    "(?!AWS/)[A-Za-z0-9._/#:-]{1,255}", "a CloudWatch namespace such as `Billing`, not beginning with `AWS/`"
)
HOST = Pattern(r"[^\s@/]+", "a host name")


@dataclass(frozen=True)
class SessionSettings:
    """Settings of PostgreSQL by name, such as ``work_mem=128MB,jit=on``."""

    words: str = "settings such as `work_mem=128MB,jit=on`"

    def read(self, given: object) -> Mapping[str, str]:
        """The values by name."""
        found = Pairs().read(given)
        if wrong := [name for name in found if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name)]:
            raise RefusedValueError("must be names of PostgreSQL's settings with their values", repr(wrong[0]))
        return found


@dataclass(frozen=True)
class Address:
    """An http or https address without credentials, which would end up in logs."""

    words: str = "an `http://` or `https://` address"
    instead: str = ""

    def read(self, given: object) -> str:
        """The address."""
        address = str(given)
        if "@" in address:
            rule = "; ".join(filter(None, ["must not hold credentials", self.instead]))
            raise RefusedValueError(rule, "an address with credentials")
        if not _is_http_address(address):
            raise RefusedValueError("must be an http:// or https:// address", repr(given))
        return address


@dataclass(frozen=True)
class Secret:
    """A text that is never shown; a password may begin or end with a blank."""

    words: str = "secret"
    keeps_blanks: bool = False

    def read(self, given: object) -> SecretStr:
        """The secret."""
        return SecretStr(str(given))


@dataclass(frozen=True)
class Folder:
    """A folder, which need not exist."""

    words: str = "folder"

    def read(self, given: object) -> Path:
        """The folder; a relative one is below the working directory."""
        try:
            return Path(str(given)).expanduser().absolute()
        except RuntimeError as error:
            raise RefusedValueError("must be a folder, and '~' must stand for a home directory", repr(given)) from error


@dataclass(frozen=True)
class KeyTemplate:
    """A template of S3 keys.

    :param required: fields without which two exports would have the same keys
    :param optional: fields that it may hold besides
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    words: str = "template"

    def read(self, given: object) -> str:
        """The template."""
        broken = key_rules(str(given), self.required, self.optional)
        if broken:
            raise RefusedValueError("; ".join(broken), repr(given))
        return str(given)


def _is_http_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
