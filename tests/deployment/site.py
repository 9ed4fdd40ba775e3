"""A project and its bucket, deployed again and again by tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deployment.deploy import Deployment, Wishes
from deployment.package import Package, write_package
from tests.deployment.mwaa_service import MwaaService
from tests.support.bucket import Bucket

APPLY = Wishes(apply=True)
UPDATE = Wishes(apply=True, update=True)
RECORD = "deployments/billing-data-aggregator.json"


@dataclass
class Site:
    """A checkout of a small project, the bucket it is deployed to, and what MWAA answers.

    :param on_line: what happens elsewhere while a deployment says this line
    """

    checkout: Path
    environments: Path
    bucket: Bucket
    mwaa: MwaaService
    said: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    on_line: dict[str, Callable[[], object]] = field(default_factory=dict)

    def deploy(self, wishes: Wishes) -> int:
        """Package the checkout and deploy it; what is said replaces what was said before."""
        self.said.clear()
        deployment = Deployment(self.package(), self.bucket.client, self.mwaa.client, self._say, self.waited.append)
        code = deployment.run(wishes)
        self.mwaa.has_answered_all()
        return code

    def package(self) -> Package:
        """Package the checkout."""
        return write_package(self.checkout / "dist", "test", self.checkout, self.environments)

    def versions(self) -> dict[str, str]:
        """The newest version of each object."""
        listed = self.bucket.client.list_object_versions(Bucket=self.bucket.name)["Versions"]
        return {each["Key"]: each["VersionId"] for each in listed if each["IsLatest"]}

    def deployed(self) -> list[str]:
        """The keys in the bucket, without the record of the deployment."""
        return [key for key in self.bucket.keys() if key != RECORD]

    def upload(self, key: str, content: bytes = b"by hand") -> None:
        """Upload an object as somebody else does."""
        self.bucket.client.put_object(Bucket=self.bucket.name, Key=key, Body=content)

    def _say(self, line: str) -> None:
        self.said.append(line)
        self.on_line.pop(line, lambda: None)()
