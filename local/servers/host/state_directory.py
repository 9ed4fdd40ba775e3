"""The directory in which a stack keeps its data, passwords and logs: where it is, and which one is refused."""

from __future__ import annotations

import logging
import os
from hashlib import sha256
from pathlib import Path

from local.errors import StackError
from local.servers.host import lock
from local.servers.host.run_user import RunUser, can_enter, run_user

APPLICATION = "billing-data-aggregator"
log = logging.getLogger(__name__)


def default_state_dir(repo: Path) -> Path:
    """Where a checkout keeps its stack: `.local` in it, or a directory below /var/tmp.

    The latter only for root, when the servers' account cannot reach the checkout (e.g. one below /root).
    """
    repo = repo.resolve()
    if can_enter(run_user(), repo):
        return repo / ".local"
    digest = sha256(os.fsencode(repo)).hexdigest()[:12]
    elsewhere = Path("/var/tmp") / f"{APPLICATION}-{digest}"  # noqa: S108
    log.warning("'%s' is out of reach for the servers' account: state is kept in '%s'.", repo, elsewhere)
    return elsewhere


def prepare_state_dir(state_dir: Path, user: RunUser | None) -> Path:
    """Create or accept the directory for servers that run as the user.

    :raises StackError: the directory is not ours, or out of the user's reach
    """
    state_dir = claim_state_dir(state_dir.absolute())
    state_dir.chmod(0o711 if user else 0o700)
    if user and not can_enter(user, state_dir):
        raise StackError(
            f"State directory '{state_dir}' cannot be reached by '{user.name}', the account of the servers: "
            "choose one whose parents everybody may enter, e.g. below /var/tmp."
        )
    return state_dir


def claim_state_dir(state_dir: Path) -> Path:
    """Create or accept the directory, and mark it as ours before anything is put into it; ours may be removed later.

    :raises StackError: it is not ours
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    require_ours(state_dir)
    (state_dir / lock.FILE_NAME).touch(mode=0o600)
    return state_dir


def require_ours(state_dir: Path) -> None:
    """Check that a directory is absent, empty or filled by us.

    :raises StackError: it is not
    """
    if not state_dir.exists():
        return
    if state_dir.stat().st_uid != os.geteuid():
        raise StackError(f"State directory '{state_dir}' belongs to another user: choose another one.")
    if any(state_dir.iterdir()) and not (state_dir / lock.FILE_NAME).exists():
        raise StackError(f"State directory '{state_dir}' has files that are not ours: choose another one.")
