"""BDA_PG_PROFILE decides with which performance settings the embedded PostgreSQL runs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from local.errors import StackError
from local.servers.join import joined_stack
from local.servers.postgres.profiles import PROFILE_VARIABLE, TUNED_SETTINGS, Profile, profile_of_environment
from local.servers.stack import Stack
from local.servers.start import running_stack

SHOWN = ("jit", "work_mem", "shared_buffers")


def shown(stack: Stack) -> tuple[str, ...]:
    """What a session of the pipeline's role sees of the settings."""
    with closing(psycopg2.connect(stack.dsn())) as connection, connection.cursor() as cursor:
        cursor.execute("select " + ", ".join(f"current_setting('{name}')" for name in SHOWN))
        return cursor.fetchall()[0]


def changed(stack: Stack) -> list[str]:
    """Those of the tuned settings that differ from what PostgreSQL is shipped with."""
    query = "select name from pg_settings where name = any(%s) and setting is distinct from boot_val order by name"
    with closing(psycopg2.connect(stack.dsn())) as connection, connection.cursor() as cursor:
        cursor.execute(query, (list(TUNED_SETTINGS),))
        return [name for (name,) in cursor.fetchall()]


def test_a_stock_server_has_the_defaults_of_postgresql(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROFILE_VARIABLE, "stock")

    with running_stack(state_dir, ephemeral=True) as stack:
        assert shown(stack) == ("on", "4MB", "128MB")
        assert changed(stack) == []
        assert "(stock settings)" in stack.describe()


def test_a_server_is_tuned_unless_told_otherwise(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROFILE_VARIABLE, raising=False)

    with running_stack(state_dir, ephemeral=True) as stack:
        assert shown(stack) == ("off", "64MB", "256MB")
        assert changed(stack) == sorted(TUNED_SETTINGS)
        assert "(tuned settings)" in stack.describe()


def test_the_next_start_may_use_another_profile(kept_state: Path) -> None:
    with running_stack(kept_state, profile=Profile.STOCK) as stack:
        assert shown(stack) == ("on", "4MB", "128MB")
    with running_stack(kept_state, profile=Profile.TUNED) as stack:
        assert shown(stack) == ("off", "64MB", "256MB")


def test_an_unknown_profile_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROFILE_VARIABLE, "fast")

    with pytest.raises(StackError) as refused:
        profile_of_environment()

    assert str(refused.value) == "BDA_PG_PROFILE must be 'tuned' or 'stock', found 'fast'."


def test_a_running_server_is_not_joined_with_another_profile(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_stack(state_dir, ephemeral=True, joinable=True, profile=Profile.TUNED):
        monkeypatch.setenv(PROFILE_VARIABLE, "stock")
        with pytest.raises(StackError, match="has the tuned settings, but BDA_PG_PROFILE asks for 'stock'"):
            joined_stack(state_dir).__enter__()
        monkeypatch.setenv(PROFILE_VARIABLE, "tuned")
        with joined_stack(state_dir) as joined:
            assert joined.postgres_profile is Profile.TUNED
