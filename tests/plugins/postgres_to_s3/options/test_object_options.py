"""How S3 is told to keep the objects of an export, and what it would refuse."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.object_options import ObjectOptions


def test_nothing_set_leaves_everything_to_the_bucket() -> None:
    assert ObjectOptions().arguments() == {}


def test_what_is_set_becomes_arguments_of_the_request() -> None:
    options = ObjectOptions(sse="aws:kms", kms_key_id="alias/x", tags={"cost centre": "4+2"}, metadata={"a": "Müller%"})

    assert options.problems() == []
    assert options.arguments({"rows": "2"}) == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/x",
        "Tagging": "cost+centre=4%2B2",
        "Metadata": {"a": "M%C3%BCller%25", "rows": "2"},
    }


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (ObjectOptions(kms_key_id="alias/x"), "'kms_key_id' needs sse 'aws:kms', found None"),
        (ObjectOptions(kms_key_id="alias/x", sse="AES256"), "'kms_key_id' needs sse 'aws:kms', found 'AES256'"),
        (ObjectOptions(tags={str(i): "" for i in range(11)}), "'tags' may be 10 at most, found 11"),
        (ObjectOptions(tags={"": "x"}), "'tags' must be letters, digits"),
        (ObjectOptions(tags={"a" * 129: "x"}), "'tags' must be letters, digits"),
        (ObjectOptions(tags={"a": "x" * 257}), "'tags' must be letters, digits"),
        (ObjectOptions(metadata={"a b": "c"}), "'metadata' must have names of letters, digits"),
        (ObjectOptions(metadata={"a": "b\n"}), "'metadata' must have names of letters, digits"),
        (ObjectOptions(metadata={"a": "x" * 1024}), "'metadata' may be 1024 bytes at most in all, found 1025"),
    ],
)
def test_what_s3_would_refuse_is_named(options: ObjectOptions, complaint: str) -> None:
    (problem,) = options.problems()

    assert str(problem).startswith(complaint)
