"""The embedded S3: SeaweedFS in one process, with one identity, its start and its orderly stop."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import StackError
from local.servers.host import processes
from local.servers.host.credentials import Credentials
from local.servers.host.run_user import RunUser, make_private_directory, write_private_file
from local.servers.host.signals import ending_signals_deferred
from local.servers.s3.client import s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

START_SECONDS = 60.0
START_ATTEMPTS = 3
# An orderly stop takes one to three seconds; stored objects survive a kill as well.
STOP_PLAN = ((signal.SIGTERM, 8.0), (signal.SIGKILL, 10.0))
# Data that is thrown away needs no orderly stop.
EPHEMERAL_STOP_PLAN = ((signal.SIGKILL, 10.0),)
# Without a limit the server keeps up to 700 MB after large uploads.
MEMORY_LIMIT = "400MiB"
# The server puts its internal sockets here, wherever TMPDIR points, and leaves them behind.
SOCKET_DIRECTORY = Path("/tmp")  # noqa: S108
DATA_FOLDER = "s3"
RECORD_FILE = "s3.pid.json"
PORT_FLAGS = (
    *("s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
    *("filer.port", "filer.port.grpc", "admin.port", "admin.port.grpc"),
)
# The server's own maintenance looks for the admin port here, whatever the flag says.
ADMIN_PORT_DISTANCE = 10_000
# What the server would otherwise do: listen on every address, report to its makers, create a bucket on
# upload, delete a full bucket, and serve WebDAV, an admin page and two table catalogues.
FLAGS = (
    *(f"-ip={processes.LOOPBACK}", f"-ip.bind={processes.LOOPBACK}", "-master.telemetry=false"),
    *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false"),
    *(
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-volume.preStopSeconds=0",
    ),
)


def stop_left_s3_server(state_dir: Path) -> bool:
    """Stop the server that a killed command has left running in a state directory; returns whether there was one."""
    left = None
    record_file = state_dir / RECORD_FILE
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        record = json.loads(record_file.read_text(encoding="utf-8"))
        left = processes.find_ours(int(record["pid"]), state_dir / DATA_FOLDER)
        if left:
            processes.stop(left, STOP_PLAN)
        _remove_sockets(record["ports"])
    record_file.unlink(missing_ok=True)
    return left is not None


class S3Server:
    """One S3 server and its data directory below a state directory."""

    def __init__(
        self,
        state_dir: Path,
        program: Path,
        credentials: Credentials,
        user: RunUser | None,
        *,
        ephemeral: bool,
    ) -> None:
        self.program = program
        self.data_dir = state_dir / DATA_FOLDER
        self.log = state_dir / "s3.log"
        self._state_dir = state_dir
        self._configuration = state_dir / "s3.json"
        self._record = state_dir / RECORD_FILE
        self._credentials = credentials
        self._user = user
        self._ephemeral = ephemeral
        self._ports: list[int] = []
        self._child: processes.Child | None = None

    @property
    def url(self) -> str:
        """The endpoint of the S3 API."""
        return f"http://{processes.LOOPBACK}:{self._ports[0]}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child else None

    def client(self, *, attempts: int = 3) -> S3Client:
        """A client with the one identity of the server."""
        keys = self._credentials
        return s3_client(self.url, keys.s3_access_key, keys.s3_secret_key, attempts=attempts)

    def prepare(self) -> None:
        """Stop a server that a killed run left behind and write the configuration."""
        stop_left_s3_server(self._state_dir)
        make_private_directory(self.data_dir, self._user)
        text = json.dumps(_configuration(self._credentials, with_keys=self._ephemeral))
        write_private_file(self._configuration, text, self._user)

    def launch(self) -> None:
        """Start the server on free ports without waiting for it."""
        self._ports = [
            *processes.free_ports(len(PORT_FLAGS) - 2),
            *processes.free_port_pair(ADMIN_PORT_DISTANCE),
        ]
        ports = [f"-{flag}={port}" for flag, port in zip(PORT_FLAGS, self._ports, strict=True)]
        _remove_sockets(self._ports)
        files = [f"-dir={self.data_dir}", f"-s3.config={self._configuration}"]
        with ending_signals_deferred():
            self._child = processes.start(
                [self.program, "mini", *files, *FLAGS, *ports],
                directory=self.data_dir,
                log=self.log,
                user=self._user,
                death_signal=signal.SIGTERM,
                environment={"GOMEMLIMIT": MEMORY_LIMIT},
            )
        self._record.write_text(json.dumps({"pid": self._child.pid, "ports": self._ports}), encoding="utf-8")

    def wait_until_ready(self, bucket: str) -> None:
        """Return when the launched server stores objects in `bucket`, created if absent; else StackError."""
        for attempt in range(START_ATTEMPTS):
            if attempt:
                self.launch()
            if self._probe(bucket):
                return
            self.stop()
        raise StackError(f"The S3 server did not start; '{self.log}' ends with:\n{processes.log_tail(self.log)}")

    def stop(self) -> None:
        """Stop the server; returns when its process has ended. Nothing happens when it does not run."""
        if self._child:
            processes.stop(self._child, EPHEMERAL_STOP_PLAN if self._ephemeral else STOP_PLAN)
            self._child = None
            _remove_sockets(self._ports)
            self._record.unlink(missing_ok=True)

    def _probe(self, bucket: str) -> bool:
        client = self.client(attempts=1)
        deadline = time.monotonic() + START_SECONDS
        while self._child and self._child.poll() is None and time.monotonic() < deadline:
            # Listing works before the first object can be stored, and storing works before versions are kept.
            with contextlib.suppress(BotoCoreError, ClientError, KeyError):
                _make_bucket(client, bucket)
                version = client.put_object(Bucket=bucket, Key=".ready", Body=b"")["VersionId"]
                client.delete_object(Bucket=bucket, Key=".ready", VersionId=version)
                return True
            time.sleep(0.05)
        return False


def _make_bucket(client: S3Client, bucket: str) -> None:
    """Create the bucket where it is absent, with versioning, as a production bucket should have it."""
    if bucket not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _configuration(credentials: Credentials, *, with_keys: bool) -> dict[str, object]:
    pair = {"accessKey": credentials.s3_access_key, "secretKey": credentials.s3_secret_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    configuration: dict[str, object] = {"identities": [{"name": "billing", "credentials": [pair], "actions": actions}]}
    if with_keys:
        # These encryption keys live in memory only: unfit for a stack whose data is kept.
        provider = {"type": "local", "enableOnDemandCreate": True}
        configuration["kms"] = {"default_provider": "local", "providers": {"local": provider}}
    return configuration


def _remove_sockets(ports: list[int]) -> None:
    for port in ports:
        for socket_file in SOCKET_DIRECTORY.glob(f"seaweedfs-*-{port}.sock"):
            with contextlib.suppress(OSError):
                socket_file.unlink()
