"""Use the stack that another command has running, so that two commands of a checkout work on the same data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.servers.announcement import find_announced
from local.servers.postgres.profiles import require_profile
from local.servers.stack import Stack
from local.servers.start import running_stack


@contextmanager
def joined_stack(state_dir: Path) -> Iterator[Stack]:
    """The stack of a state directory: a running one that is joinable, and goes on running, else one for the block.

    :raises StackError: as running_stack, and when BDA_PG_PROFILE names another profile than the running server has
    """
    found = find_announced(state_dir)
    if found is None:
        with running_stack(state_dir) as stack:
            yield stack
    else:
        require_profile(found.postgres_profile)
        yield found
