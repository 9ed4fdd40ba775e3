"""Kinds of values that only settings have: what they take, and the rule they refuse anything else with."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.settings.kinds import (
    BUCKET,
    FOLDER,
    HOST,
    KEY_PART,
    REGION,
    SECRET,
    SESSION_SETTINGS,
    address,
    key_template,
)
from postgres_to_s3.options.kinds import Kind
from postgres_to_s3.options.problems import RefusedValueError

TEMPLATE = key_template(("system",), ("date",))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (KEY_PART, "q-cells_1.eu"),
        (BUCKET, "exports.stage-1"),
        (REGION, "eu-central-1"),
        (HOST, "octopus.example.com"),
        (HOST, "10.0.0.1"),
        (address(), "http://localhost:8333"),
        (address(), "https://s3.example.com/"),
        (TEMPLATE, "{system}/{date}_{chunk:04d}.csv"),
    ],
)
def test_a_value_is_taken_as_it_is(kind: Kind, given: str) -> None:
    assert kind.read(given) == given


@pytest.mark.parametrize(
    ("kind", "given", "rule"),
    [
        (KEY_PART, "-a", "must be letters, digits, '-', '_' and '.', beginning with a letter or digit"),
        (KEY_PART, "a\n", "must be letters"),
        (BUCKET, "a..b", "must be a bucket name"),
        (REGION, "EU", "must be a region such as eu-central-1"),
        (HOST, "postgres://user:secret@db/octopus", "must be a host name"),
        (address(), "localhost", "must be an http:// or https:// address"),
        (address(), "https://[broken", "must be an http:// or https:// address"),
        (address(), "http://host:0", "must be an http:// or https:// address"),
        (address(), "https://key:secret@s3", "must not hold credentials"),
        (FOLDER, "~nobody-of-this-name/sql", "must be a folder, and '~' must stand for a home directory"),
        (TEMPLATE, "{chunk}.csv", "must hold {system} before the chunk number"),
        (TEMPLATE, "{system}_{day}_{chunk}.csv", "may hold no other fields than {system}, {date} and {chunk}"),
    ],
)
def test_another_value_is_refused_with_the_rule(kind: Kind, given: str, rule: str) -> None:
    with pytest.raises(RefusedValueError) as raised:
        kind.read(given)

    assert str(raised.value).startswith(rule)


def test_every_rule_that_a_template_breaks_is_named() -> None:
    with pytest.raises(RefusedValueError) as raised:
        TEMPLATE.read("/x.csv")

    assert str(raised.value) == (
        "must hold the chunk number exactly once, as {chunk} or {chunk:04d}; "
        "must hold {system} before the chunk number; must not begin with '/' nor end in '.gz'"
    )


def test_a_secret_does_not_show_itself() -> None:
    secret = SECRET.read("p4ss")

    assert "p4ss" not in f"{secret} {secret!r}"
    assert secret.get_secret_value() == "p4ss"


def test_a_folder_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/billing")

    assert FOLDER.read("scripts") == tmp_path / "scripts"
    assert FOLDER.read("~/scripts") == Path("/home/billing/scripts")


def test_session_settings_are_values_by_the_names_of_postgresql() -> None:
    assert SESSION_SETTINGS.read("work_mem=128MB, jit=on") == {"work_mem": "128MB", "jit": "on"}
    with pytest.raises(RefusedValueError, match="names of PostgreSQL's settings"):
        SESSION_SETTINGS.read("-c jit=on")
