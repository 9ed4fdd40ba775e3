"""How the exports of a pipeline are written, and that no two of them write the same files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from billing_aggregator.errors import ScriptTreeError
from billing_aggregator.scripts.stages import ARCHIVE
from billing_aggregator.scripts.tree import Script, ScriptTree
from postgres_to_s3.options.keys import ExportKeys, fill_key

ANY_DATE = "2026-01-31"


@dataclass(frozen=True)
class Exports:
    """How the results and the archive are exported.

    :param result_key: template of the keys of a system's results; fields system, table and chunk
    :param archive_key: template of the keys of an archive script's rows; fields system, script, date and chunk
    :param verify: read the results again after they were exported
    :param arguments: options of the export operator
    """

    result_key: str = "{system}_{table}_{chunk:04d}.csv"
    archive_key: str = "archive/{system}/{script}/{date}/{script}_{chunk:04d}.csv"
    verify: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def keys_of_results(self, system: str, table: str) -> str:
        """The template of the keys of a system's results; only the chunk number is left open."""
        return fill_key(self.result_key, {"system": system, "table": table.rpartition(".")[2]})

    def keys_of_archive(self, script: Script, date: str) -> str:
        """The template of the keys of what an archive script selects; only the chunk number is left open."""
        return fill_key(self.archive_key, {"system": script.system, "script": script.name, "date": date})


def check_keys(tree: ScriptTree, exports: Exports) -> None:
    """Two exports must not write the same files or the same manifest, and each key must be one.

    :raises ScriptTreeError: lists every system and script whose keys are another's too, or are none
    """
    keys: dict[str, ExportKeys] = {}
    problems = []
    for owner, template in _key_templates(tree, exports):
        try:
            own = ExportKeys(template, gzip=template.endswith(".gz"))
        except ValueError as error:
            problems.append(f"{owner}: its key {error}")
            continue
        for other, others in keys.items():
            if shared := own.shared_key(others):
                problems.append(f"{owner} and {other} would both write {shared!r}; rename one of them")
                break
        keys[owner] = own
    if problems:
        raise ScriptTreeError(problems)


def _key_templates(tree: ScriptTree, exports: Exports) -> Iterator[tuple[str, str]]:
    for system in tree.systems:
        if system.export:
            yield f"system '{system.name}'", exports.keys_of_results(system.name, system.export)
        for script in system.stage(ARCHIVE):
            yield script.path, exports.keys_of_archive(script, ANY_DATE)
