"""`summary`: the results of tests, as pytest writes them in JUnit's format, as Markdown for the page of a workflow."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET  # the file is our own pytest's

from local.errors import StackError

HELP = "show the results of tests as Markdown"
SLOWEST = 5
MOST_FAILURES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file that pytest has written."""
    parser.add_argument("file", type=Path, help="what `pytest --junitxml` has written")


def main(arguments: argparse.Namespace, _state_dir: Path) -> int:
    """Print the summary.

    :raises StackError: there is no such file, or it is none of JUnit's
    """
    try:
        cases = list(ET.parse(arguments.file).getroot().iter("testcase"))  # noqa: S314
    except (OSError, ET.ParseError) as error:
        raise StackError(
            f"expected results of tests in '{arguments.file}', found none ({error}): the tests ended before the first"
        ) from error
    print("\n".join(_summary(cases)))
    return 0


def _summary(cases: list[ET.Element]) -> Iterator[str]:
    failed = [case for case in cases if _problem(case) is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = len(cases) - len(failed) - len(skipped)
    yield f"### {'Tests failed' if failed else 'Tests passed'}"
    yield ""
    yield "| passed | failed | skipped | seconds |"
    yield "|---:|---:|---:|---:|"
    yield f"| {passed} | {len(failed)} | {len(skipped)} | {sum(map(_seconds, cases)):.0f} |"
    for case in failed[:MOST_FAILURES]:
        yield ""
        yield f"**{_name(case)}**"
        yield ""
        # Indented, a text is code, whatever it holds.
        yield from (f"    {line}" for line in (_problem(case) or "").splitlines())
    if len(failed) > MOST_FAILURES:
        yield ""
        yield f"… and {len(failed) - MOST_FAILURES} more."
    yield ""
    yield "| slowest | seconds |"
    yield "|---|---:|"
    for case in sorted(cases, key=_seconds, reverse=True)[:SLOWEST]:
        yield f"| `{_name(case)}` | {_seconds(case):.1f} |"


def _problem(case: ET.Element) -> str | None:
    """Why a test failed, None if it did not."""
    found = [each for each in case if each.tag in ("failure", "error")]
    return found[0].get("message") or "no message" if found else None


def _name(case: ET.Element) -> str:
    return f"{case.get('classname', '').replace('.', '/')}: {case.get('name', '')}".replace("|", "\\|")


def _seconds(case: ET.Element) -> float:
    return float(case.get("time", 0))
