"""The stamps of results, kept in the warehouse: which run built them, with which scripts, and whether they are checked.

The pipeline stamps, not the scripts, so every tree has stamps. A stamp is written in the transaction of the script that
it tells of: it never says more, or less, than what happened.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from billing_aggregator.run.lock import Holder
from postgres_to_s3.postgres.drivers import Row
from postgres_to_s3.postgres.session import Session

if TYPE_CHECKING:
    from pydantic import JsonValue

READ = """
select
    system, client_id, dag_id, run_id, origin, to_char(business_date, 'YYYY-MM-DD'), state, scripts, sources,
    to_char(built_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
from report_oibl_work.result_stamps
where system = any(%s)
"""
WRITE = """
insert into report_oibl_work.result_stamps values (
    %s, %s, %s, %s, %s, %s, to_date(%s, 'YYYY-MM-DD'), %s, %s, %s, case when %s then clock_timestamp() end
)
on conflict (system, token) do update set
    business_date = excluded.business_date, state = excluded.state, scripts = excluded.scripts,
    sources = excluded.sources, built_at = coalesce(excluded.built_at, result_stamps.built_at)
"""
# Once this run builds, the results of others are gone. A run that has built nothing needs no stamp once another begins.
REMOVE_OTHERS = """
delete from report_oibl_work.result_stamps
where system = any(%s) and token <> %s and (%s or state = 'nothing built')
"""


class State(StrEnum):
    """What is known of the results of a system."""

    NOTHING_BUILT = "nothing built"
    BUILDING = "building"
    BUILT = "built"
    REFUSED = "refused"
    CHECKED = "checked"
    ACCEPTED = "accepted by hand"


USABLE = (State.CHECKED, State.ACCEPTED)
# In place of a SHA-256: a postcheck that has not passed. A mark that was accepted for an earlier build is used up.
REFUSED = "refused"
ACCEPTED = "accepted by hand"
MARK_IS_USED = "accepted by hand for an earlier build"
VERDICTS = (REFUSED, ACCEPTED, MARK_IS_USED)
Source: TypeAlias = Mapping[str, "str | None"]


@dataclass(frozen=True)
class Stamp:
    """What a run did for a system.

    :param holder: the run
    :param business_date: the day that it was for
    :param scripts: SHA-256 of the file of each script that ran, by its path in the tree, in their order; the
        verdict on a postcheck that has not passed
    :param sources: the results of other systems that it was built on, as ``source``
    :param built_at: when its last script was done, in ISO 8601; None until it has built something
    """

    system: str
    holder: Holder
    business_date: date
    state: State = State.NOTHING_BUILT
    scripts: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    built_at: str | None = None

    @property
    def source(self) -> Source:
        """Return which results these are, as the stamp of what is built on them keeps it."""
        return {**self._whose, "built_at": self.built_at}

    @property
    def described(self) -> dict[str, JsonValue]:
        """Return whose results these are, for manifests and reports, without the time of day."""
        sources: list[JsonValue] = [
            {name: value for name, value in source.items() if name != "built_at"} for source in self.sources
        ]
        return {**self._whose, "sources": sources}

    @property
    def _whose(self) -> dict[str, str]:
        return {
            "system": self.system,
            "dag_id": self.holder.dag_id,
            "run_id": self.holder.run_id,
            "origin": self.holder.origin,
            "business_date": self.business_date.isoformat(),
            "state": str(self.state),
        }


@dataclass(frozen=True)
class Stamps:
    """Stamps as one snapshot of the warehouse shows them."""

    found: tuple[Stamp, ...]

    def current(self, system: str) -> Stamp | None:
        """Return the stamp of the results that the system has; None where it has none."""
        return next((each for each in self.found if each.system == system and each.state != State.NOTHING_BUILT), None)

    def of_run(self, system: str, holder: Holder, business_date: date) -> Stamp:
        """Return the stamp of a run, a blank one where it has not stamped the system yet."""
        blank = Stamp(system, holder, business_date)
        return next((each for each in self.found if (each.system, each.holder.token) == (system, holder.token)), blank)


def read_stamps(session: Session, systems: Collection[str]) -> Stamps:
    """Read the stamps of these systems."""
    with session.cursor() as cursor:
        cursor.execute(READ, (list(systems),))
        return Stamps(tuple(_stamp(row) for row in cursor.fetchall()))


def write_stamp(session: Session, stamp: Stamp, *, builds: bool = False, alternatives: Collection[str] = ()) -> None:
    """Write the stamp of a run for a system.

    :param builds: its results were changed just now: those that other runs built, of this system or of one that writes
        the same tables, are gone
    :param alternatives: the systems that write the same tables
    """
    token = stamp.holder.token
    values = (stamp.system, token, *stamp.holder.values, stamp.business_date.isoformat(), str(stamp.state))
    texts = (json.dumps(dict(stamp.scripts)), json.dumps(stamp.sources))
    session.execute(REMOVE_OTHERS, ([stamp.system, *(alternatives if builds else ())], token, builds))
    session.execute(WRITE, (*values, *texts, builds))


def _stamp(row: Row) -> Stamp:
    system, client_id, dag_id, run_id, origin, day, state, scripts, sources, built_at = row
    return Stamp(
        system=system,
        holder=Holder(client_id, dag_id, run_id, origin),
        business_date=date.fromisoformat(day),
        state=State(state),
        scripts=json.loads(scripts),
        sources=tuple(json.loads(sources)),
        built_at=built_at,
    )
