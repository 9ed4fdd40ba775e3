"""The note by which a running stack tells other commands where its servers are; secrets are in their own file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from local.servers.host import lock
from local.servers.host.credentials import load_or_create
from local.servers.postgres.profiles import Profile
from local.servers.stack import Stack

FILE_NAME = "servers.json"
NOT_ANNOUNCED = ("state_dir", "credentials", "is_joined")


@contextmanager
def announced(stack: Stack) -> Iterator[None]:
    """Within the block other commands find the stack."""
    file = stack.state_dir / FILE_NAME
    names = [field.name for field in fields(stack) if field.name not in NOT_ANNOUNCED]
    file.write_text(json.dumps({name: _text(getattr(stack, name)) for name in names}), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def find_announced(state_dir: Path) -> Stack | None:
    """The stack that another process runs in this directory for others to use; None when there is none."""
    file = state_dir / FILE_NAME
    if lock.holder(state_dir) is None or not file.exists():
        return None
    values = json.loads(file.read_text(encoding="utf-8"))
    values["postgres_bindir"] = Path(values["postgres_bindir"])
    values["postgres_profile"] = Profile(values["postgres_profile"])
    return Stack(state_dir=state_dir, credentials=load_or_create(state_dir), is_joined=True, **values)


def _text(value: Any) -> str | int:
    if isinstance(value, Profile):
        return value.value
    return value if isinstance(value, int) else str(value)
