"""Package the project for an environment of Amazon MWAA, and deploy the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from deployment.checkout import DIST
from deployment.deploy import Deployment, Wishes
from deployment.errors import DeploymentError
from deployment.package import Package, write_archive, write_package

FAILED = 1
REFUSED = 2
EXIT_CODES = """\
exit codes:
  0    done, or the plan was shown
  1    AWS refused something, or an update failed
  2    refused: the settings or what was found is not as expected, or a run is in the way; the message says what to do
  3    uploaded, but the DAG files wait for an update of the environment
"""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say; returns the exit code, see EXIT_CODES."""
    arguments = _parser().parse_args(words)
    try:
        package = write_package(DIST, arguments.environment)
        for warning in package.settings.warnings:
            print(f"Warning: {warning}", file=sys.stderr)
        print(f"Package: {DIST} ({len(package.checksums)} files, release {package.release})")
        if arguments.archive:
            write_archive(package, arguments.archive)
        return _deploy(package, arguments) if arguments.command == "deploy" else 0
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except (BotoCoreError, ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
        return FAILED


def _deploy(package: Package, arguments: argparse.Namespace) -> int:
    import boto3

    region = package.settings.target.region
    deployment = Deployment(package, boto3.client("s3", region_name=region), boto3.client("mwaa", region_name=region))
    return deployment.run(Wishes(**{each.name: getattr(arguments, each.name) for each in fields(Wishes)}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deployment",
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    package = commands.add_parser("package", help="write the package into dist/")
    deploy = commands.add_parser("deploy", help="write the package and show what it would change; --apply does it")
    for command in (package, deploy):
        command.add_argument(
            "--environment", required=True, metavar="NAME", help="its settings are in deployment/environments/NAME.env"
        )
    package.add_argument("--archive", type=Path, metavar="FILE", help="pack dist/ into this zip, too")
    deploy.set_defaults(archive=None)
    deploy.add_argument("--apply", action="store_true", help="upload what has changed")
    deploy.add_argument("--update", action="store_true", help="update the environment if it must be, and wait for it")
    deploy.add_argument("--adopt", action="store_true", help="replace objects that no deployment has put there")
    deploy.add_argument("--take-over", action="store_true", help="take the bucket from another environment")
    deploy.add_argument("--now", action="store_true", help="deploy although a run is at work or about to start")
    return parser
