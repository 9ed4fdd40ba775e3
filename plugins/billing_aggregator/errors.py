"""What is wrong with a deployment: its release, its settings or its script tree.

BillingAggregatorError
├── ReleaseError         DAG files, packages and Airflow do not belong together (also a ValueError)
├── SettingsError        environment variables are missing or wrong (also a ValueError)
├── ClientsError         some of several clients can have no DAG     (also a ValueError)
└── ScriptTreeError      the folder of SQL scripts breaks a rule    (also a ValueError)
"""

from __future__ import annotations

from collections.abc import Sequence


class BillingAggregatorError(Exception):
    """Base of every error this package raises on purpose."""


class _ProblemsError(BillingAggregatorError, ValueError):
    """Several problems found at once, shown one per line under a heading that says what to do."""

    remedy: str

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = f"{len(self.problems)} problem{'' if len(self.problems) == 1 else 's'}"
        return "\n".join([f"{count} in {self.remedy}:", *(f"  - {problem}" for problem in self.problems)])


class ReleaseError(_ProblemsError):
    """DAG files, packages and Airflow do not belong together; `problems` says what to do."""

    remedy = "the deployment"


class SettingsError(_ProblemsError):
    """Environment variables are missing or wrong; `problems` holds one sentence for each."""

    remedy = "the settings; correct these environment variables of the Airflow processes"


class ClientsError(_ProblemsError):
    """Some of several clients can have no DAG; `problems` holds a sentence for each thing, after the client's name."""

    remedy = "the clients of BDA_CLIENTS, which have no DAG until they are corrected; the others have theirs"


class ScriptTreeError(_ProblemsError):
    """The folder of SQL scripts breaks a rule; `problems` holds a sentence for each, naming path and rule."""

    remedy = "the script tree; correct these files or folders (the rules: include/sql/README.md)"
