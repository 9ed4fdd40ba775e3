"""The stages of a system and the tasks of a whole run: the one table that says what each is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What the tasks of a stage do: they CHECK, BUILD, EXPORT, KEEP a record of the day, or serve the whole RUN."""

    CHECK = "check"
    BUILD = "build"
    EXPORT = "export"
    KEEP = "keep"
    RUN = "run"


class Words(NamedTuple):
    """A text in the languages of the page."""

    en: str
    de: str


@dataclass(frozen=True)
class Stage:
    """One stage of a system, or one task of the whole run.

    :param name: of its folder and in the ids of its tasks
    :param title: its name for people
    :param purpose: what it is for, in a few words
    :param remedy: what has happened if a task of it has failed, and what to do
    :param has_scripts: its tasks are scripts, in a folder of its name
    """

    name: str
    kind: Kind
    title: Words
    purpose: str
    remedy: Words
    has_scripts: bool = True


PRECHECKS, INIT, POSTCHECKS, EXPORT, VERIFY, ARCHIVE, HISTORY, CLEANUP = (
    *("prechecks", "init", "postchecks", "export", "verify"),
    *("archive", "history", "cleanup"),
)
PREFLIGHT, DRY_RUN, REPORT = "preflight", "dry_run", "report"

CLEAR = Words(
    "then clear this task: it and what follows run again.",
    "dann diese Aufgabe in Airflow zurücksetzen: Sie und alles Folgende laufen neu.",
)
CORRECT = Words(f"Correct what the log names, {CLEAR.en}", f"Beheben, was das Protokoll nennt, {CLEAR.de}")

# In the order in which they run.
STAGES = (
    Stage(
        PRECHECKS,
        Kind.CHECK,
        Words("Prechecks", "Vorprüfungen"),
        "Checks of the sources, before anything is changed",
        Words(
            "Nothing of this system has been changed. The log shows the figures and an example. Have the source loaded"
            f" or corrected, {CLEAR.en}",
            "Von diesem System wurde nichts verändert. Das Protokoll zeigt die Zahlen und ein Beispiel. Die Quelldaten"
            f" nachladen oder berichtigen lassen, {CLEAR.de}",
        ),
    ),
    Stage(
        INIT,
        Kind.BUILD,
        Words("Build", "Aufbau"),
        "Builds and publishes the results in the warehouse",
        Words(
            f"All of this file is undone, and nothing of this system is exported. {CORRECT.en}",
            f"Alles aus dieser Datei wurde zurückgenommen, von diesem System wird nichts exportiert. {CORRECT.de}",
        ),
    ),
    Stage(
        POSTCHECKS,
        Kind.CHECK,
        Words("Postchecks", "Nachprüfungen"),
        "Checks of the results, before anything is exported",
        Words(
            "The results stay in the warehouse for a look. Nothing of this system is exported, and systems that come"
            " after it do not start. The log shows the figures and an example. Have the cause corrected, then clear the"
            " first task of this system.",
            "Die Ergebnisse bleiben zur Ansicht in der Datenbank. Von diesem System wird nichts exportiert, und"
            " Systeme, die darauf aufbauen, beginnen nicht. Das Protokoll zeigt die Zahlen und ein Beispiel. Die"
            " Ursache beheben lassen, dann die erste Aufgabe dieses Systems in Airflow zurücksetzen.",
        ),
    ),
    Stage(
        EXPORT,
        Kind.EXPORT,
        Words("Export", "Export"),
        "Writes the results to S3",
        Words(
            "The files of the last good export stay as they are, unless the log says that the new ones are published."
            f" Errors that may pass have been retried. {CORRECT.en}",
            "Die Dateien des letzten guten Exports bleiben, wie sie sind, sofern das Protokoll nicht sagt, dass die"
            f" neuen schon veröffentlicht sind. {CORRECT.de}",
        ),
        has_scripts=False,
    ),
    Stage(
        VERIFY,
        Kind.EXPORT,
        Words("Verification", "Gegenprüfung"),
        "Reads the exported files again",
        Words(
            "The files in S3 are no longer those that were exported: somebody else wrote or deleted them. Find out who"
            " may write to the bucket, then clear the export of this system: it writes all files again.",
            "Die Dateien in S3 sind nicht mehr die exportierten: Jemand anderes hat sie geschrieben oder gelöscht."
            " Klären, wer in diesen Ordner schreiben darf, dann den Export dieses Systems in Airflow zurücksetzen: Er"
            " schreibt alle Dateien neu.",
        ),
        has_scripts=False,
    ),
    Stage(
        ARCHIVE,
        Kind.EXPORT,
        Words("Archive", "Archiv"),
        "Exports that are kept by business date",
        Words(
            "The results are delivered, this part of the day's archive is not: no file of it becomes visible."
            f" {CORRECT.en}",
            "Die Ergebnisse sind geliefert, dieser Teil des Tagesarchivs nicht: Keine Datei davon wird sichtbar."
            f" {CORRECT.de}",
        ),
    ),
    Stage(
        HISTORY,
        Kind.KEEP,
        Words("History", "Historie"),
        "Records the run in the warehouse by business date",
        Words(
            "The results are delivered and stay, the history of this day is not written: all of this file is undone."
            f" {CORRECT.en}",
            "Die Ergebnisse sind geliefert und bleiben, die Historie dieses Tages fehlt: Alles aus dieser Datei wurde"
            f" zurückgenommen. {CORRECT.de}",
        ),
    ),
    Stage(
        CLEANUP,
        Kind.KEEP,
        Words("Clean-up", "Aufräumen"),
        "Drops intermediate tables",
        Words(
            f"Everything is delivered. Intermediate tables stay until the next run replaces them. {CORRECT.en}",
            f"Alles ist geliefert. Zwischentabellen bleiben, bis der nächste Lauf sie ersetzt. {CORRECT.de}",
        ),
    ),
)
RUN_TASKS = (
    Stage(
        PREFLIGHT,
        Kind.RUN,
        Words("Preflight", "Eingangsprüfung"),
        "Checks the run before anything is touched",
        Words(
            "Nothing has been changed. The log says what was expected, what was found and what to do. A run with wrong"
            " parameters cannot be repaired: trigger a new one. Otherwise correct the connection or the permission that"
            " the log names, then clear this task. The DAG “billing_data_health_check” tests warehouse and bucket one"
            " by one.",
            "Es wurde nichts verändert. Das Protokoll sagt, was erwartet und was gefunden wurde. Ein Lauf mit falschen"
            " Parametern lässt sich nicht reparieren: einen neuen auslösen. Sonst die genannte Verbindung oder das"
            " genannte Recht berichtigen, dann diese Aufgabe in Airflow zurücksetzen. Der DAG"
            " „billing_data_health_check“ prüft Datenbank und S3-Ablage einzeln.",
        ),
        has_scripts=False,
    ),
    Stage(
        DRY_RUN,
        Kind.RUN,
        Words("Dry run", "Probelauf"),
        "Does everything in one transaction, and undoes it",
        Words(
            "Nothing has been changed. The log names the script and the cause: a real run would fail in the same way."
            " Correct the cause, then clear this task.",
            "Es wurde nichts verändert. Das Protokoll nennt Skript und Ursache: Ein echter Lauf würde ebenso scheitern."
            " Die Ursache beheben, dann diese Aufgabe in Airflow zurücksetzen.",
        ),
        has_scripts=False,
    ),
    Stage(
        REPORT,
        Kind.RUN,
        Words("Report", "Bericht"),
        "Says what came of the run",
        Words(
            "A task failed, or a selected system exported nothing that is known of. The end of the log names these"
            " tasks: correct and clear them. This task runs again by itself.",
            "Eine Aufgabe ist fehlgeschlagen, oder von einem ausgewählten System ist kein Export bekannt. Das Ende des"
            " Protokolls nennt diese Aufgaben: die Ursache beheben und sie in Airflow zurücksetzen. Der Bericht läuft"
            " dann von selbst neu.",
        ),
        has_scripts=False,
    ),
)
STAGE = {stage.name: stage for stage in (*STAGES, *RUN_TASKS)}
# The folders of a script tree.
FOLDERS = tuple(stage.name for stage in STAGES if stage.has_scripts)
