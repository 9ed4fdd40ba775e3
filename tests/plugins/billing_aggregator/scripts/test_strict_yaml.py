"""Strict YAML: what could mean something else than it seems to, or grow without limit, is refused with its place."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from billing_aggregator.scripts.strict_yaml import read_yaml

BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in itertools.pairwise("abcdefghijkl"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "systems.yaml"


def test_plain_yaml_is_read(file: Path) -> None:
    file.write_text("a: {b: [1, 'x', null, true]}\n# comment\n")

    assert read_yaml(file) == {"a": {"b": [1, "x", None, True]}}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param("a: 1\na: 2\n", "key 'a' is given twice in .*line 1, column 1", id="key-twice"),
        pytest.param("a:\n  b: [\n", "line 3, column 1", id="not-closed"),
        pytest.param(BOMB, "aliases are not allowed in .*line 2, column 8", id="bomb"),
        pytest.param("a: &a [*a]", "aliases are not allowed", id="value-that-holds-itself"),
        pytest.param("a: !!python/name:os.system", "tags are not allowed in .*line 1, column 4", id="python"),
        pytest.param("a: !!int x", "tags are not allowed", id="wrong-tag"),
        pytest.param("a: 2026-13-45", "month must be in 1..12", id="no-date"),
        pytest.param(f"a: {'9' * 5000}", "integer string conversion", id="absurd-number"),
        pytest.param("? [a]\n: b", "unhashable key", id="list-as-key"),
        pytest.param("[" * 50_000, "nested too deeply", id="deep"),
        pytest.param(b"a: \xff", "can't decode|invalid start byte", id="not-utf-8"),
        pytest.param("a: \x00", "special characters are not allowed", id="nul"),
    ],
)
def test_anything_else_is_refused(file: Path, content: str | bytes, complaint: str) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(ValueError, match=f"^not readable as YAML: .*(?:{complaint})"):
        read_yaml(file)


def test_a_file_that_cannot_be_read_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^not readable: Is a directory$"):
        read_yaml(tmp_path)
