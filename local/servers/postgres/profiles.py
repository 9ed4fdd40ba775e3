"""How much memory PostgreSQL may take and whether it compiles queries: tuned for this machine, or as shipped."""

from __future__ import annotations

import os
from enum import Enum

from local.errors import StackError

PROFILE_VARIABLE = "BDA_PG_PROFILE"


class Profile(Enum):
    """The set of performance settings a server starts with."""

    TUNED = "tuned"
    """What a data warehouse on a small machine is given."""

    STOCK = "stock"
    """PostgreSQL's own defaults, which a server has that nobody has tuned."""

    @property
    def settings(self) -> dict[str, str]:
        """The lines for postgresql.conf."""
        return dict(TUNED_SETTINGS) if self is Profile.TUNED else {}


TUNED_SETTINGS = {
    "shared_buffers": "'256MB'",
    "work_mem": "'64MB'",
    "maintenance_work_mem": "'256MB'",
    "max_wal_size": "'2GB'",
    "jit": "off",
}


def profile_of_environment() -> Profile:
    """The profile that BDA_PG_PROFILE names; the tuned one where it is not set.

    :raises StackError: it names none
    """
    name = os.environ.get(PROFILE_VARIABLE) or Profile.TUNED.value
    try:
        return Profile(name)
    except ValueError:
        known = " or ".join(f"'{profile.value}'" for profile in Profile)
        raise StackError(f"{PROFILE_VARIABLE} must be {known}, found {name!r}.") from None


def require_profile(running: Profile) -> None:
    """Check that the running server's profile is the one asked for, if one is.

    :raises StackError: BDA_PG_PROFILE names another one
    """
    if os.environ.get(PROFILE_VARIABLE) and profile_of_environment() != running:
        raise StackError(
            f"The running PostgreSQL has the {running.value} settings, but {PROFILE_VARIABLE} asks for "
            f"'{profile_of_environment().value}'. Stop it first ('make stop'), or leave the variable out."
        )
