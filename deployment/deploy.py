"""Brings a package to an MWAA environment: plan, plugins and requirements, update, DAGs, what is no longer needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployment.environment import (
    Found,
    MwaaClient,
    component_versions,
    find_environment,
    outdated_components,
    update_environment,
    wait_until_updated,
)
from deployment.errors import DeploymentError
from deployment.ownership import Upload, write_record
from deployment.package import Package
from deployment.plan import COMPONENTS, Plan, make_plan
from deployment.settings_file import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DONE = 0
NEEDS_UPDATE = 3


@dataclass(frozen=True)
class Wishes:
    """What a deployment may do.

    :param apply: change something, instead of only showing what would change
    :param update: let the environment take new plugins, requirements and startup script, and wait for it
    :param adopt: replace objects that no deployment has put there
    """

    apply: bool = False
    update: bool = False
    adopt: bool = False


@dataclass(frozen=True)
class Deployment:
    """One deployment of a package, with the clients of the services it goes to."""

    package: Package
    s3: S3Client = field(repr=False)
    mwaa: MwaaClient = field(repr=False)
    progress: Callable[[str], None] = print
    sleep: Callable[[float], None] = time.sleep

    def run(self, wishes: Wishes) -> int:
        """Show the plan and, where wished for, do it.

        :return: DONE, or NEEDS_UPDATE if the DAG files wait for an update of the environment
        :raises DeploymentError: the environment, its bucket or an object in it is not as expected
        """
        found = find_environment(self.mwaa, self._target)
        plan = make_plan(self.s3, self._target.bucket, self.package.checksums)
        self.progress(
            f"Release {self.package.release} for '{self._target.environment}', in s3://{self._target.bucket}:"
        )
        for line in plan.describe():
            self.progress(line)
        self._tell_need(found, plan)
        if not wishes.apply:
            self.progress("Nothing was changed: APPLY=1 does it.")
            return DONE
        if plan.foreign and not wishes.adopt:
            raise DeploymentError(
                "What is marked with ! was not put there by a deployment, and nothing was changed: look at it, then"
                " replace it with ADOPT=1 or move it away"
            )
        return self._apply(plan, found, wishes)

    @property
    def _target(self) -> Target:
        return self.package.settings.target

    def _apply(self, plan: Plan, found: Found | None, wishes: Wishes) -> int:
        uploads = dict(plan.record)
        try:
            self._upload([key for key in plan.uploads if key in COMPONENTS], uploads)
            versions = component_versions(uploads)
            if found is not None and outdated_components(found, versions):
                if not wishes.update:
                    self.progress("The DAG files were not uploaded. Next: APPLY=1 UPDATE=1")
                    return NEEDS_UPDATE
                self._update(found, versions)
            self._upload([key for key in plan.uploads if key not in COMPONENTS], uploads)
            self._delete(plan.stale, uploads)
        finally:
            write_record(self.s3, self._target.bucket, uploads)
        self.progress("Done: MWAA copies the DAGs folder within half a minute, and shows new DAGs within five minutes.")
        if found is None:
            listed = "\n".join(f"  {key:<18}{version}" for key, version in versions.items())
            self.progress(f"Now create the environment '{self._target.environment}' with these versions:\n{listed}")
        return DONE

    def _tell_need(self, found: Found | None, plan: Plan) -> None:
        """Say whether the environment must be updated, or created."""
        if found is None:
            self.progress(f"The environment '{self._target.environment}' does not exist yet.")
            return
        outdated = [key for key in COMPONENTS if key in plan.uploads]
        if not outdated:
            outdated = outdated_components(found, component_versions(plan.record))
        if outdated:
            self.progress(f"The environment needs an update, which takes up to half an hour: {', '.join(outdated)}")
        else:
            self.progress("The environment needs no update.")

    def _update(self, found: Found, versions: Mapping[str, str]) -> None:
        update_environment(self.mwaa, self._target, versions)
        wait_until_updated(self.mwaa, found, versions, self.progress, self.sleep)

    def _upload(self, keys: Iterable[str], uploads: dict[str, Upload]) -> None:
        for key in keys:
            content = (self.package.folder / key).read_bytes()
            done = self.s3.put_object(Bucket=self._target.bucket, Key=key, Body=content)
            uploads[key] = Upload(self.package.checksums[key], done["ETag"], done["VersionId"])
            self.progress(f"Uploaded {key}")

    def _delete(self, keys: Iterable[str], uploads: dict[str, Upload]) -> None:
        for key in keys:
            self.s3.delete_object(Bucket=self._target.bucket, Key=key)
            del uploads[key]
            self.progress(f"Deleted {key}")
