"""Runs Terraform on a copy of terraform/, with the provider of this machine where it has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.repository import REPO

PROVIDER = Path("registry.terraform.io/hashicorp/aws")
PLUGINS_VARIABLE = "TERRAFORM_PLUGINS"
# Where a machine without a network may keep providers; Terraform itself looks into some of them.
PLUGIN_FOLDERS = ("/opt/*", "/usr/local/share/terraform/plugins", "~/.terraform.d/plugins")


class TerraformNotFoundError(Exception):
    """There is no Terraform, or no provider for it."""


class Terraform:
    """Terraform in one folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        self._environment = {**inherited, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **(environment or {})}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command; what it printed, errors included, is in ``stdout``."""
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=500,
        )

    def initialise(self, *arguments: str) -> None:
        """Make the provider known.

        :raises TerraformNotFoundError: there is no Terraform, or no provider
        """
        if not shutil.which("terraform"):
            raise TerraformNotFoundError("terraform is not on the PATH")
        folder = _plugin_folder()
        mirror = [f"-plugin-dir={folder}"] if folder else []
        done = self.run("init", "-input=false", "-no-color", "-lockfile=readonly", *mirror, *arguments)
        if done.returncode:
            raise TerraformNotFoundError(
                f"the provider was not found, neither here nor in the registry:\n{done.stdout}"
            )


def copy_of_terraform(folder: Path) -> Path:
    """Copy terraform/ without what Terraform keeps beside it."""
    copied = folder / "terraform"
    shutil.copytree(REPO / "terraform", copied, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    return copied


def _plugin_folder() -> Path | None:
    named = os.environ.get(PLUGINS_VARIABLE)
    patterns = [named] if named else PLUGIN_FOLDERS
    for pattern in patterns:
        path = Path(pattern).expanduser()
        for folder in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
            if (folder / PROVIDER).is_dir():
                return folder
    return None
