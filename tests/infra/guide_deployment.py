"""`make deploy` as a first deployment meets it: a bucket of AWS, and no environment of Amazon MWAA."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import boto3

from deployment.deploy import Deployment, Wishes
from deployment.package import write_package
from tests.deployment.mwaa_service import MwaaService


def main(words: Sequence[str]) -> int:
    """Deploy as these arguments of `make` say."""
    verb, *given = words
    if verb != "deploy":
        raise ValueError(f"expected `make deploy`, found {verb!r}")
    values = dict(word.split("=") for word in given)
    if values not in ({"ENVIRONMENT": "prod"}, {"ENVIRONMENT": "prod", "APPLY": "1"}):
        raise ValueError(f"expected the plan or APPLY=1, found {given}")
    package = write_package(Path("dist"), values["ENVIRONMENT"])
    service = MwaaService(package.settings.target.bucket)
    service.knows_no_environment()
    return Deployment(package, boto3.client("s3"), service.client).run(Wishes(apply="APPLY" in values))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
