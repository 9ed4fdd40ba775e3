"""A session renders and waits as an export wants it, whatever the connection was made with."""

from __future__ import annotations

import pytest

from postgres_to_s3.postgres.session import Session

pytestmark = pytest.mark.postgres_version


def test_a_lock_timeout_of_the_connection_stays(session: Session) -> None:
    session.execute("set lock_timeout = '7s'")

    session.prepare()

    assert session.fetch_row("show lock_timeout") == ("7s",)


def test_no_session_waits_for_ever_for_a_lock(session: Session) -> None:
    assert session.fetch_row("show lock_timeout") == ("5min",)


def test_a_query_without_a_row_is_an_error_that_shows_it(session: Session) -> None:
    with pytest.raises(LookupError, match="expected a row, found none: select 1 where false"):
        session.fetch_row("select 1 where false")


def test_a_session_that_has_ended_is_closed_and_cannot_be_cancelled(session: Session) -> None:
    session.close()

    session.cancel()

    assert session.is_closed
