"""The bill of materials of a package in CycloneDX's format: the release, and every package that it runs on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

NAME = "billing-data-aggregator"
# The lines of one package in a lock, with the hashes of all its files.
LOCKED = re.compile(
    r"^(?P<name>[\w.\-]+)(?:\[[\w,\-]+\])?==(?P<version>[^\s;]+)(?P<rest>.*(?:\n    --hash=.*)*)", re.MULTILINE
)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")

Component = dict[str, object]


def bill_of_materials(release: str, lock: Path, wheels: Sequence[tuple[str, str]]) -> str:
    """The document as JSON, the same text for the same lock: it bears no time and no random serial number.

    :param release: version of the project
    :param lock: what is installed where the package runs
    :param wheels: file name and SHA-256 of each wheel that the package brings along
    """
    components = list(_components(lock.read_text("utf-8"), dict(wheels)))
    application = {"type": "application", "bom-ref": NAME, "name": NAME, "version": release}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": application},
        "components": components,
        "dependencies": [{"ref": NAME, "dependsOn": [component["bom-ref"] for component in components]}],
    }
    return json.dumps(document, indent=2) + "\n"


def _components(lock: str, wheels: dict[str, str]) -> Iterator[Component]:
    for found in LOCKED.finditer(lock):
        name, version = found["name"], found["version"]
        url = f"pkg:pypi/{name.lower()}@{version}"
        component: Component = {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}
        # A lock has the hashes of all files of a release; which one is installed is known of wheels that come along.
        for wheel, digest in wheels.items():
            if wheel.startswith(f"{name.replace('-', '_')}-{version}-") and digest in HASH.findall(found["rest"]):
                component["hashes"] = [{"alg": "SHA-256", "content": digest}]
        yield component
