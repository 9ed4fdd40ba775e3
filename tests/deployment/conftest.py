"""What tests of deployments start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.mwaa_service import MwaaService
from tests.deployment.settings_files import write_settings
from tests.deployment.site import APPLY, Site
from tests.support.bucket import Bucket
from tests.support.script_files import write_file


@pytest.fixture
def site(tmp_path: Path, versioned_bucket: Bucket) -> Site:
    """Two DAG files, two scripts and a plugin; the environment runs nothing of it."""
    for name in ("dags/first.py", "dags/second.py", "include/sql/init/a/010_x.sql", "include/sql/init/a/020_y.sql"):
        write_file(tmp_path, name, f"-- {name}\n")
    write_file(tmp_path, "plugins/plugin.py", "VALUE = 1\n")
    write_file(tmp_path, "requirements.txt", "isal==1.9.1\npendulum\n")
    environments = write_settings(tmp_path / "environments", MWAA_BUCKET=versioned_bucket.name)
    return Site(tmp_path, environments, versioned_bucket, MwaaService(versioned_bucket.name))


@pytest.fixture
def running(site: Site) -> Site:
    """A site whose environment was created with the first package."""
    site.mwaa.knows_no_environment()
    site.deploy(APPLY)
    return site
