"""Reads YAML that means what it seems to: no key given twice, no aliases, no tags."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import yaml


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader without aliases, which let a small file describe a huge value, and without tags."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"aliases are not allowed {event.start_mark}")
        if getattr(event, "tag", None):
            raise ValueError(f"tags are not allowed {event.start_mark}")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """The mapping; a key given twice is refused instead of letting the last one win."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise yaml.MarkedYAMLError(problem=f"key {key!r} is given twice", problem_mark=node.start_mark)
                seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> object:
    """The content of a file.

    :raises ValueError: it is not readable, or is no such YAML; the message says where
    """
    try:
        return yaml.load(path.read_bytes(), Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
    except OSError as error:
        raise ValueError(f"not readable: {error.strerror}") from error
    except RecursionError:
        raise ValueError("not readable as YAML: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"not readable as YAML: {' '.join(str(error).split())}") from error
