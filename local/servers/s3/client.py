"""A boto3 client for the embedded S3 server."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"


def s3_client(url: str, access_key: str, secret_key: str, *, attempts: int = 3) -> S3Client:
    """A client for one S3 server, independent of the caller's AWS profile and configuration files."""
    return _session().client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": attempts, "mode": "standard"},
            proxies={},
            connect_timeout=5,
            read_timeout=60,
        ),
    )


@functools.cache
def _session() -> boto3.Session:
    """One session for all clients: each one would take 0.25 s to read the API."""
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(botocore_session=core)
