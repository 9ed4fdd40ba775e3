"""A message to whoever is on call: a subject and a text for a phone, and attributes for programs."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What SNS takes as a subject, and how much of the text a phone is to show.
SUBJECT_CHARACTERS = 100
CAUSE_CHARACTERS = 1000
SHOWN_CAUSES = 10

# By event, how urgent it is.
SEVERITIES = {
    "task_failed": "error",
    "check_refused": "error",
    "run_failed": "critical",
    "run_late": "critical",
    "export_shrunk": "warning",
}


@dataclass(frozen=True)
class Cause:
    """One thing that went wrong.

    :param what: the task, or whatever else is concerned
    :param why: the error
    :param script: the SQL script, if there is one
    :param link: where its log is
    """

    what: str
    why: str
    script: str | None = None
    link: str = ""

    def __str__(self) -> str:
        """A paragraph, the lines of the error as they are in the log."""
        shown = self.why if len(self.why) <= CAUSE_CHARACTERS else f"{self.why[:CAUSE_CHARACTERS]} ..."
        lines = [self.what, f"Script: {self.script}" if self.script else "", shown, self.link]
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What somebody is told of a run.

    :param event: a key of ``SEVERITIES``
    :param headline: what happened, in a few words
    :param remedy: what to do
    :param link: where the run is
    :param systems, task_ids: those concerned
    """

    event: str
    client_id: str
    environment: str
    dag_id: str
    run_id: str
    headline: str
    causes: Sequence[Cause]
    remedy: str
    link: str = ""
    systems: Sequence[str] = ()
    task_ids: Sequence[str] = ()

    @property
    def subject(self) -> str:
        """One line of ASCII, as SNS and e-mail want it."""
        text = f"{self.client_id} {self.environment}: {self.headline}"
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        line = " ".join("".join(char if char.isprintable() else " " for char in plain).split())
        return line if len(line) <= SUBJECT_CHARACTERS else f"{line[: SUBJECT_CHARACTERS - 3]}..."

    @property
    def text(self) -> str:
        """What happened, why, what to do, and where to look, from the top."""
        causes = [str(cause) for cause in self.causes[:SHOWN_CAUSES]]
        more = len(self.causes) - len(causes)
        paragraphs = [
            f"{self.headline}\n{self.client_id}, {self.environment}",
            *causes,
            f"and {more} more: see the report of the run" if more > 0 else "",
            f"What to do: {self.remedy}",
            f"Run {self.run_id}\n{self.link}".strip(),
        ]
        return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"

    @property
    def attributes(self) -> Mapping[str, str | list[str]]:
        """For programs and for filters of subscriptions; what concerns no system or task has no such attribute."""
        found: dict[str, str | list[str]] = {
            "event": self.event,
            "severity": SEVERITIES[self.event],
            "client": self.client_id,
            "environment": self.environment,
            "dag_id": self.dag_id,
            "run_id": self.run_id,
        }
        if self.systems:
            found["system"] = list(self.systems)
        if self.task_ids:
            found["task_id"] = list(self.task_ids[:SHOWN_CAUSES])
        return found
