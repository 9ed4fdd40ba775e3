"""Reads what docs/deployment.md tells a reader to type and to copy."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.repository import REPO

DOCUMENT = (REPO / "docs" / "deployment.md").read_text("utf-8")
_BASH = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
# A JSON document belongs into the file that is the last one named before it.
_JSON = re.compile(r"`(\w+\.json)`[^`]*(?:`[^`\n]*`[^`]*)*?\n```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """The part of the document under a heading of the second level."""
    return DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def commands(text: str) -> str:
    """What a reader types, one command after the other."""
    return "\n".join(_BASH.findall(text))


def files() -> dict[str, Any]:
    """The JSON documents, by the names that their files get."""
    return {name: json.loads(content) for name, content in _JSON.findall(DOCUMENT)}


def actions(policy: dict[str, Any]) -> set[str]:
    """What a policy of the guide allows."""
    listed = [statement["Action"] for statement in policy["Statement"]]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}
