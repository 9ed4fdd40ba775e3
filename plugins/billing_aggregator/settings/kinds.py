"""Kinds of values that only settings have: names in S3, addresses, secrets, folders and templates of keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from postgres_to_s3.options.keys import key_rules
from postgres_to_s3.options.kinds import Kind, read_pairs
from postgres_to_s3.options.problems import RefusedValueError


def pattern(expression: str, words: str) -> Kind:
    """A text of a certain form.

    :param expression: a regular expression for all of it
    :param words: the same in words
    """

    def read(given: str) -> str:
        if not re.fullmatch(expression, given):
            raise RefusedValueError(f"must be {words}", repr(given))
        return given

    return Kind(words, read)


def address(instead: str = "") -> Kind:
    """An http or https address without credentials, which would end up in logs.

    :param instead: where credentials belong
    """

    def read(given: str) -> str:
        if "@" in given:
            rule = "; ".join(filter(None, ["must not hold credentials", instead]))
            raise RefusedValueError(rule, "an address with credentials")
        if not _is_http_address(given):
            raise RefusedValueError("must be an http:// or https:// address", repr(given))
        return given

    return Kind("an `http://` or `https://` address", read)


def key_template(required: tuple[str, ...], optional: tuple[str, ...]) -> Kind:
    """A template of S3 keys.

    :param required: fields without which two exports would have the same keys
    :param optional: fields that it may hold besides
    """

    def read(given: str) -> str:
        if broken := key_rules(given, required, optional):
            raise RefusedValueError("; ".join(broken), repr(given))
        return given

    return Kind("template", read)


def _is_http_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _read_session(given: str) -> Mapping[str, str]:
    settings = read_pairs(given)
    if wrong := [name for name in settings if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name)]:
        raise RefusedValueError("must be names of PostgreSQL's settings with their values", repr(wrong[0]))
    return settings


def _read_folder(given: str) -> Path:
    """Return the folder, which need not exist; a relative one is below the working directory."""
    try:
        return Path(given).expanduser().absolute()
    except RuntimeError as error:
        raise RefusedValueError("must be a folder, and '~' must stand for a home directory", repr(given)) from error


KEY_PART = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits, '-', '_' and '.', beginning with a letter or digit")
BUCKET = pattern(
    r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'",
)
REGION = pattern(r"[a-z0-9-]+", "a region such as eu-central-1")
SCHEDULE = pattern(
    r"off|[0-9*/,-]+( [0-9*/,A-Za-z#-]+){4}", "a cron expression of five fields such as `0 2 * * *`, or `off`"
)
TOPIC = pattern(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
    "the ARN of a standard SNS topic such as `arn:aws:sns:eu-central-1:123456789012:billing-alerts`",
)
TIME_OF_DAY = pattern("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as 04:00")
METRICS_NAMESPACE = pattern(
    "(?!AWS/)[A-Za-z0-9._/#:-]{1,255}", "a CloudWatch namespace such as `Billing`, not beginning with `AWS/`"
)
HOST = pattern(r"[^\s@/]+", "a host name")
SESSION_SETTINGS = Kind("settings such as `work_mem=128MB,jit=on`", _read_session)
SECRET = Kind("secret", SecretStr)
FOLDER = Kind("folder", _read_folder)
