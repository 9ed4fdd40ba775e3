"""Notice that a server of a running stack has ended."""

from __future__ import annotations

from local.errors import EndedError
from local.servers.host.processes import is_running, log_tail
from local.servers.stack import Stack


def require_running(stack: Stack) -> None:
    """Check that both servers run.

    :raises EndedError: one has ended; the text shows the end of its log
    """
    for name, pid, log in (
        ("PostgreSQL", stack.postgres_pid, stack.state_dir / "postgres.log"),
        ("The S3 server", stack.s3_pid, stack.state_dir / "s3.log"),
    ):
        if not is_running(pid):
            raise EndedError(
                f"{name} (process {pid}) has ended by itself. Its data is kept; start this command again."
                f"\n'{log}' ends with:\n{log_tail(log)}"
            )
