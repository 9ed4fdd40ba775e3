"""The environment variables by which a run finds the warehouse and the S3 server."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from benchmarks.packages import PACKAGES, REPO
from local.servers.stack import Stack


def run_environment(stack: Stack, s3_url: str, state_dir: Path) -> Mapping[str, str]:
    """Those of this process, of libpq, of the AWS SDK, of Airflow and the bench's own."""
    database = stack.database_environment()
    libpq = {f"PG{name}": database[f"BDA_DB_{name}"] for name in ("HOST", "PORT", "USER", "PASSWORD")}
    psql = stack.postgres_bindir / "psql"
    own = {
        "PGDATABASE": database["BDA_DB_NAME"],
        "BENCH_PSQL": str(psql) if psql.exists() else "psql",
        "BENCH_S3_URL": s3_url,
        "AWS_ACCESS_KEY_ID": stack.credentials.s3_access_key,
        "AWS_SECRET_ACCESS_KEY": stack.credentials.s3_secret_key,
        "PYTHONPATH": os.pathsep.join([str(REPO / "plugins"), str(REPO), str(PACKAGES)]),
    }
    return os.environ | libpq | own | _airflow(stack, s3_url, state_dir)


def _airflow(stack: Stack, s3_url: str, state_dir: Path) -> dict[str, str]:
    database = stack.database_environment()
    names = {"host": "HOST", "port": "PORT", "login": "USER", "password": "PASSWORD", "schema": "NAME"}
    warehouse = {field: database[f"BDA_DB_{name}"] for field, name in names.items()}
    keys = stack.credentials
    s3 = {"login": keys.s3_access_key, "password": keys.s3_secret_key, "extra": {"endpoint_url": s3_url}}
    return {
        "AIRFLOW_HOME": str(state_dir / "airflow"),
        "AIRFLOW_CONN_BENCH_WAREHOUSE": json.dumps({"conn_type": "postgres", **warehouse}),
        "AIRFLOW_CONN_BENCH_S3": json.dumps({"conn_type": "aws", **s3}),
    }
