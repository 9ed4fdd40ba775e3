"""Brings a package to an MWAA environment: plan, plugins and requirements, update, DAGs, what is no longer needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deployment.activity import refuse_during_run
from deployment.conditional_writes import delete_if_unchanged, put_if_unchanged
from deployment.environment import (
    Found,
    MwaaClient,
    component_versions,
    find_environment,
    outdated_parts,
    refuse_while_busy,
    update_environment,
    wait_until_updated,
)
from deployment.errors import DeploymentError
from deployment.ownership import Record, Upload, read_record, write_record
from deployment.package import Package
from deployment.plan import Plan, make_plan
from deployment.settings_file import Target

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DONE = 0
NEEDS_UPDATE = 3
# How long the schedule must leave a deployment alone: AWS speaks of 10 to 30 minutes for an update, and MWAA shows new
# DAG files after five minutes.
UPDATE_LASTS = timedelta(minutes=45)
COPY_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Wishes:
    """What a deployment may do.

    :param apply: change something, instead of only showing what would change
    :param update: let the environment take new plugins, requirements and startup script, and wait for it
    :param adopt: replace objects that no deployment has put there
    :param take_over: take the bucket from another environment
    :param now: deploy even if a run is at work, is about to start, or cannot be asked for
    """

    apply: bool = False
    update: bool = False
    adopt: bool = False
    take_over: bool = False
    now: bool = False


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
        :raises DeploymentError: environment, bucket or an object in it is not as expected, or a run is in the way
        """
        found = find_environment(self.mwaa, self._target)
        record = read_record(self.s3, self._target, take_over=wishes.take_over)
        plan = make_plan(self.s3, record, self.package.checksums)
        outdated = self._outdated(found, plan)
        self._show(found, plan, outdated)
        if not wishes.apply:
            self.progress("Nothing was changed: APPLY=1 does it.")
            return DONE
        if plan.foreign and not wishes.adopt:
            raise DeploymentError(
                "What is marked with ! was not put there by a deployment, and nothing was changed: look at it, then"
                " replace it with ADOPT=1 or move it away"
            )
        if found is not None:
            refuse_while_busy(found)
        if found is not None and not wishes.now and (outdated or plan.is_change):
            lasts = UPDATE_LASTS if outdated and wishes.update else COPY_LASTS
            refuse_during_run(self.mwaa, self._target.environment, datetime.now(UTC), lasts)
        return self._apply(plan, found, wishes)

    @property
    def _target(self) -> Target:
        return self.package.settings.target

    def _apply(self, plan: Plan, found: Found | None, wishes: Wishes) -> int:
        record = self._announce(plan)
        self._upload(plan.components, plan, record)
        versions = component_versions(record.uploads)
        if found is not None and outdated_parts(found, self._target, versions):
            if not wishes.update:
                write_record(self.s3, replace(record, planned={}))
                self.progress("The DAG files were not uploaded. Next: APPLY=1 UPDATE=1")
                return NEEDS_UPDATE
            self._update(found, versions)
            # An update takes long: should another deployment have begun, this is refused.
            record = write_record(self.s3, record)
        self._upload(plan.files, plan, record)
        self._delete(plan, record)
        write_record(self.s3, replace(record, planned={}))
        self.progress("Done: MWAA copies the DAGs folder within half a minute, and shows new DAGs within five minutes.")
        if found is None:
            listed = "\n".join(f"  {key:<18}{version}" for key, version in versions.items())
            self.progress(f"Now create the environment '{self._target.environment}' with these versions:\n{listed}")
        return DONE

    def _announce(self, plan: Plan) -> Record:
        """Write down what is going to be uploaded, so that a deployment that is killed recognises it as its own."""
        planned = {key: self.package.checksums[key] for key in (*plan.components, *plan.files)}
        return write_record(self.s3, replace(plan.record, uploads=dict(plan.record.uploads), planned=planned))

    def _outdated(self, found: Found | None, plan: Plan) -> list[str]:
        """Return what an update of the environment must bring."""
        if found is None:
            return []
        versions = {key: upload.version for key, upload in plan.record.uploads.items()}
        versions |= dict.fromkeys(plan.components, "not uploaded yet")
        parts = outdated_parts(found, self._target, versions)
        return [*(key for key in plan.components if key not in parts), *parts]

    def _show(self, found: Found | None, plan: Plan, outdated: list[str]) -> None:
        self.progress(
            f"Release {self.package.release} for '{self._target.environment}', in s3://{self._target.bucket}:"
        )
        for line in plan.describe():
            self.progress(line)
        if found is None:
            self.progress(f"The environment '{self._target.environment}' does not exist yet.")
        elif outdated:
            self.progress(f"The environment needs an update, which takes up to half an hour: {', '.join(outdated)}")
        else:
            self.progress("The environment needs no update.")

    def _update(self, found: Found, versions: Mapping[str, str]) -> None:
        update_environment(self.mwaa, found, self._target, versions)
        wait_until_updated(self.mwaa, found, self._target, versions, self.progress, self.sleep)

    def _upload(self, keys: Iterable[str], plan: Plan, record: Record) -> None:
        for key in keys:
            content = (self.package.folder / key).read_bytes()
            done = put_if_unchanged(self.s3, record.bucket, key, content, plan.etags.get(key))
            record.uploads[key] = Upload(self.package.checksums[key], done["ETag"], done["VersionId"])
            self.progress(f"Uploaded {key}")

    def _delete(self, plan: Plan, record: Record) -> None:
        for key in plan.stale:
            delete_if_unchanged(self.s3, record.bucket, key, plan.etags[key])
            del record.uploads[key]
            self.progress(f"Deleted {key}")
