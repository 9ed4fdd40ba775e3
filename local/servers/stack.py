"""A running stack as its clients see it: where PostgreSQL and S3 are, and with which secrets they are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from local.servers.host.credentials import FILE_NAME as CREDENTIALS_FILE
from local.servers.host.credentials import Credentials
from local.servers.host.processes import LOOPBACK
from local.servers.postgres.profiles import Profile
from local.servers.postgres.role_and_database import DATABASE, METADATA_DATABASE, METADATA_ROLE, ROLE
from local.servers.postgres.server import SUPERUSER
from local.servers.s3.client import REGION, s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "billing-exports"


@dataclass(frozen=True)
class Stack:
    """A running stack: everything a client needs to use it. Secrets are hidden from repr.

    ``is_joined``: another command has started it and decides when it ends and what is loaded into it.
    """

    state_dir: Path
    postgres_port: int
    postgres_version: str
    postgres_bindir: Path
    postgres_pid: int
    postgres_profile: Profile
    s3_url: str
    s3_pid: int
    credentials: Credentials = field(repr=False)
    is_joined: bool = False

    def environment(self) -> dict[str, str]:
        """The BDA_* variables with which the pipeline uses this stack; they contain secrets."""
        return self.database_environment() | self.bucket_environment()

    def database_environment(self, database: str = DATABASE) -> dict[str, str]:
        """The BDA_DB_* variables for one database, as the pipeline's role."""
        return {
            "BDA_DB_HOST": LOOPBACK,
            "BDA_DB_PORT": str(self.postgres_port),
            "BDA_DB_NAME": database,
            "BDA_DB_USER": ROLE,
            "BDA_DB_PASSWORD": self.credentials.role_password,
        }

    def bucket_environment(self, bucket: str = BUCKET) -> dict[str, str]:
        """The BDA_S3_* variables for one bucket."""
        return {
            "BDA_S3_BUCKET": bucket,
            "BDA_S3_REGION": REGION,
            "BDA_S3_URL": self.s3_url,
            "BDA_S3_ACCESS_KEY": self.credentials.s3_access_key,
            "BDA_S3_SECRET_ACCESS_KEY": self.credentials.s3_secret_key,
        }

    def admin_dsn(self, database: str = DATABASE) -> str:
        """The connection URL of the superuser, for loading sample data; it contains the password."""
        return self._dsn(SUPERUSER, self.credentials.superuser_password, database)

    def dsn(self, database: str = DATABASE) -> str:
        """The connection URL of the pipeline's role; it contains the password."""
        return self._dsn(ROLE, self.credentials.role_password, database)

    def metadata_dsn(self, database: str = METADATA_DATABASE) -> str:
        """The connection URL of Airflow's metadata database; it contains the password."""
        return self._dsn(METADATA_ROLE, self.credentials.metadata_password, database)

    def s3_client(self) -> S3Client:
        """A client for the stack's S3 server."""
        return s3_client(self.s3_url, self.credentials.s3_access_key, self.credentials.s3_secret_key)

    def describe(self) -> str:
        """Versions, places, ports and process ids for a person; no secrets."""
        return "\n".join(
            [
                f"PostgreSQL {self.postgres_version} ({self.postgres_profile.value} settings) on "
                f"{LOOPBACK}:{self.postgres_port}, database '{DATABASE}', process {self.postgres_pid}, "
                f"programs in {self.postgres_bindir}",
                f"S3 (SeaweedFS) at {self.s3_url}, bucket '{BUCKET}', process {self.s3_pid}",
                f"State, logs and {CREDENTIALS_FILE} in {self.state_dir}",
            ]
        )

    def _dsn(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.postgres_port}/{database}"
