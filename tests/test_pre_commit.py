"""The hooks of a commit are the checks of `make lint`, and they know a commit message when they see one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.repository import REPO

CONFIG = yaml.safe_load((REPO / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = [hook for repo in CONFIG["repos"] for hook in repo["hooks"]]
MESSAGES = {
    "feat(export): compress files": True,
    "fix: count rows once\n\nA retry counted them twice.\n": True,
    "refactor(pipeline)!: one module for the parameters of a run\n# a comment of the editor": True,
    "Merge branch 'main' into export": True,
    "compress files": False,
    "feature: compress files": False,
    "feat(export) compress files": False,
    "feat: compress files.": False,
    "feat: compress files\nwithout an empty line": False,
    f"feat: {'x' * 100}": False,
}


def commands(text: str) -> list[str]:
    """The programs of .venv that a text calls, each with its arguments but without the files it is given."""
    calls = re.findall(r"(?:\$\(BIN\)|\.venv/bin)/(.+)", text)
    return sorted(re.sub(r" (\.|include/sql)$", "", call) for call in calls)


def test_hooks_call_what_make_lint_calls() -> None:
    recipe = (REPO / "Makefile").read_text("utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    entries = "\n".join(hook["entry"] for hook in HOOKS)

    assert commands(recipe)
    assert commands(entries) == commands(recipe)


def test_no_hook_brings_a_version_of_its_own() -> None:
    assert {repo["repo"] for repo in CONFIG["repos"]} == {"local"}
    assert {hook["language"] for hook in HOOKS} == {"system", "pygrep"}


@pytest.mark.parametrize(("message", "is_accepted"), MESSAGES.items())
def test_a_commit_message_has_a_type_and_a_subject(tmp_path: Path, message: str, is_accepted: bool) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_text(message)
    (hook,) = [hook for hook in HOOKS if hook["id"] == "commit-message"]
    pygrep = [sys.executable, "-m", "pre_commit.languages.pygrep"]

    done = subprocess.run([*pygrep, *hook["args"], hook["entry"], str(file)], check=False, timeout=60)

    assert (done.returncode == 0) is is_accepted
