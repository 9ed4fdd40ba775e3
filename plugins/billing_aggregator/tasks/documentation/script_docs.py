"""What Airflow's UI says about the tasks of scripts: purpose, rules, tables, file, and what to do after a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from billing_aggregator.scripts.sql.header import RULES_DOCUMENT, Rule, read_header
from billing_aggregator.scripts.sql.outline import find_check_columns, find_tables
from billing_aggregator.scripts.sql.rules import anchor, find_title
from billing_aggregator.scripts.stages import INIT, STAGE, Kind
from billing_aggregator.scripts.tree import Script, ScriptTree, System

RENDERED = "its text with the values of a run: open the task in that run, tab *Rendered Templates*"


@dataclass(frozen=True)
class Documentation:
    """Writes the documentation of tasks and groups, in Markdown.

    :param rules: the titles of the business rules, by section
    :param scripts_url: where people read the script tree; None: scripts are named
    :param rules_url: where people read the business rules; None: they are named
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    scripts_url: str | None = None
    rules_url: str | None = None

    @classmethod
    def of(cls, tree: ScriptTree, source_url: str | None) -> Documentation:
        """That of a tree.

        :param source_url: where people read the files of this release; a tree that is not a part of it is not linked
        """
        base = source_url.rstrip("/") if source_url else None
        is_ours = tree.root.parts[-2:] == ("include", "sql")
        return cls(
            rules=tree.rules,
            scripts_url=f"{base}/include/sql" if base and is_ours else None,
            rules_url=f"{base}/{RULES_DOCUMENT}" if base else None,
        )

    def script(self, script: Script) -> str:
        """The documentation of a script's task."""
        header, tables = read_header(script.text), find_tables(script.text)
        held = find_check_columns(script.text) if STAGE[script.stage].kind is Kind.CHECK else ()
        return join_parts(
            header.purpose,
            _list("What must hold", [column.replace("_", " ") for column in held]),
            if_it_fails(script.stage),
            _list("Reads", map(plain, tables.read)),
            _list("Writes", map(plain, tables.written)),
            _list("Drops", map(plain, tables.dropped)),
            _list(f"Rules in {RULES_DOCUMENT}", map(self._rule, header.rules)),
            _list("SQL", [self._file(script.path), RENDERED]),
        )

    def system(self, system: System) -> str:
        """The documentation of a system's group."""
        facts = {
            "Comes after": f"the results of {' and '.join(system.after)}" if system.after else "",
            "Instead of": f"{' and '.join(system.instead_of)}; a run selects one of them" if system.instead_of else "",
            "Exports": plain(system.export or ""),
            "Read by": system.readers,
        }
        return join_parts(system.description, list_facts(facts))

    def _rule(self, rule: Rule) -> str:
        title = find_title(self.rules, rule.section)
        shown = f"[{title}]({self.rules_url}#{anchor(title)})" if self.rules_url else title
        return f"{shown}: {rule.detail}" if rule.detail else shown

    def _file(self, path: str) -> str:
        return f"[{path}]({self.scripts_url}/{path})" if self.scripts_url else plain(path)


def display_name(script: Script) -> str:
    """The name of a script for people, which tells it apart in lists of all tasks: ``300 Date open items (tripica)``.

    A script of another stage than the one that builds the results names its stage, too.
    """
    number, _, words = script.name.partition("_")
    begin, words = (f"{number} ", words) if number.isdigit() and words else ("", script.name)
    sentence = words.replace("_", " ")
    place = script.system if script.stage == INIT else f"{script.system} {script.stage}"
    return f"{begin}{sentence[:1].upper()}{sentence[1:]} ({place})"


def tooltip(system: System) -> str:
    """What a system is, in the line that the graph shows over its group."""
    after = f"after {' and '.join(system.after)}" if system.after else ""
    return "; ".join(filter(None, [system.description, after]))


def if_it_fails(stage: str) -> str:
    """The paragraph of a stage, or of a task of the whole run, that says what has happened and what to do."""
    return f"#### If it fails\n\n{STAGE[stage].remedy.en}"


def link_documents(text: str, source_url: str | None) -> str:
    """The text with links to the documents of the repository that it names, if somebody has said where that is."""
    base = (source_url or "").rstrip("/")
    return re.sub(r"docs/\w+\.md", rf"[\g<0>]({base}/\g<0>)", text) if base else text


def plain(name: str) -> str:
    """A name whose underscores Markdown takes for nothing else."""
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", name)


def list_facts(facts: Mapping[str, str]) -> str:
    """A list of those facts that there are, by their titles."""
    return "\n".join(f"- **{title}** {text}" for title, text in facts.items() if text)


def join_parts(*parts: str) -> str:
    """A document of those parts that there are."""
    # A text that ends in `.md` would be taken for the name of a file.
    return "\n\n".join(filter(None, parts)) + "\n"


def _list(title: str, items: Iterable[str]) -> str:
    shown = "\n".join(f"- {item}" for item in items)
    return f"#### {title}\n\n{shown}" if shown else ""
