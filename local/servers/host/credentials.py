"""The random passwords and keys of one state directory, made once and kept in a file only its owner reads."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.errors import StackError
from local.servers.host.run_user import write_private_file

FILE_NAME = "credentials.json"


@dataclass(frozen=True)
class Credentials:
    """Every secret of a stack; none is shown by repr."""

    superuser_password: str = field(repr=False)
    role_password: str = field(repr=False)
    metadata_password: str = field(repr=False)
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)


def load_or_create(state_dir: Path) -> Credentials:
    """The credentials of a state directory, created at its first start; what an older file lacks is added to it.

    :raises StackError: the file is damaged
    """
    path = state_dir / FILE_NAME
    if not path.exists():
        return _stored(_new_credentials(), path)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        credentials = Credentials(**{"metadata_password": secrets.token_hex(24), **known})
    except (ValueError, TypeError):
        # The cause is not chained: it could quote the file.
        raise StackError(
            f"'{path}' is damaged. Remove the directory '{state_dir}' to start afresh (its data is lost)."
        ) from None
    return credentials if asdict(credentials) == known else _stored(credentials, path)


def _new_credentials() -> Credentials:
    return Credentials(
        superuser_password=secrets.token_hex(24),
        role_password=secrets.token_hex(24),
        metadata_password=secrets.token_hex(24),
        s3_access_key=secrets.token_hex(10).upper(),
        s3_secret_key=secrets.token_hex(20),
    )


def _stored(credentials: Credentials, path: Path) -> Credentials:
    partial = path.with_suffix(".partial")
    write_private_file(partial, json.dumps(asdict(credentials), indent=2) + "\n", None)
    partial.rename(path)
    return credentials
