"""How S3 keeps the objects of an export: type, encryption, tags and metadata."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from postgres_to_s3.options.problems import Problem

SSE = ("AES256", "aws:kms")
CSV_TYPE = "text/csv; charset=utf-8"
GZIP_TYPE = "application/gzip"
MANIFEST_TYPE = "application/json"

MAX_TAGS = 10
MAX_TAG_NAME = 128
MAX_TAG_VALUE = 256
MAX_METADATA_BYTES = 1024
_TAG_TEXT = re.compile(r"[\w .:/=+@-]*")
_PLAIN = " " + string.punctuation.replace("%", "")
_METADATA_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class ObjectOptions:
    """What every object of an export gets when it is created.

    :param content_type: MIME type of the data files
    :param sse: server side encryption, ``AES256`` or ``aws:kms``; None leaves it to the bucket
    :param kms_key_id: the key of ``aws:kms``; None is the account's own
    :param tags: object tags
    :param metadata: user-defined metadata; values that are no ASCII text are percent-encoded, as S3 takes no others
    """

    content_type: str = CSV_TYPE
    sse: str | None = None
    kms_key_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The arguments of the boto3 call that creates an object, with this metadata on top."""
        found: dict[str, Any] = {}
        if self.sse:
            found["ServerSideEncryption"] = self.sse
        if self.kms_key_id:
            found["SSEKMSKeyId"] = self.kms_key_id
        if self.tags:
            found["Tagging"] = urlencode(self.tags)
        named = {**self.metadata, **(metadata or {})}
        if named:
            found["Metadata"] = {name: _encoded(value) for name, value in named.items()}
        return found

    def problems(self) -> list[Problem]:
        """Everything S3 would refuse."""
        found = []
        if self.kms_key_id and self.sse != "aws:kms":
            found.append(Problem("kms_key_id", "needs sse 'aws:kms'", repr(self.sse)))
        return [*found, *self._tag_problems(), *self._metadata_problems()]

    def _tag_problems(self) -> list[Problem]:
        found = []
        if len(self.tags) > MAX_TAGS:
            found.append(Problem("tags", f"may be {MAX_TAGS} at most", str(len(self.tags))))
        rule = (
            f"must be letters, digits, blanks and any of .:/=+-@_, a name of 1 to {MAX_TAG_NAME} characters"
            f" and a value of {MAX_TAG_VALUE} at most"
        )
        for name, value in self.tags.items():
            fits = 0 < len(name) <= MAX_TAG_NAME and len(value) <= MAX_TAG_VALUE
            if not (fits and _TAG_TEXT.fullmatch(name) and _TAG_TEXT.fullmatch(value)):
                found.append(Problem("tags", rule, f"{name!r}: {value!r}"))
        return found

    def _metadata_problems(self) -> list[Problem]:
        rule = "must have names of letters, digits, '-' and '_' and values without line breaks"
        found = [
            Problem("metadata", rule, f"{name!r}: {value!r}")
            for name, value in self.metadata.items()
            if not _METADATA_NAME.fullmatch(name) or not value.isprintable()
        ]
        size = sum(len(name) + len(_encoded(value)) for name, value in self.metadata.items())
        if size > MAX_METADATA_BYTES:
            found.append(Problem("metadata", f"may be {MAX_METADATA_BYTES} bytes at most in all", str(size)))
        return found


def _encoded(value: str) -> str:
    return quote(value, safe=_PLAIN)
