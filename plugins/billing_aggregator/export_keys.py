"""The S3 keys of an export: one for each chunk and one for the manifest, all from one template."""

from __future__ import annotations

import re

FIELD = re.compile(r"\{chunk(?::0[1-9]d)?\}")


class ExportKeys:
    """The keys that a template such as ``prod/results_{chunk:04d}.csv`` stands for.

    :raises ValueError: the template does not hold ``{chunk}`` exactly once, or holds another field
    """

    def __init__(self, template: str) -> None:
        parts = FIELD.split(template)
        if len(parts) != 2 or re.search(r"[{}]", "".join(parts)):
            raise ValueError(
                f"expected a key with exactly one field, '{{chunk}}' or '{{chunk:04d}}', found {template!r}:"
                " without the chunk number the files of an export would overwrite each other"
            )
        self.template = template
        self.prefix, ending = parts
        self._chunk = re.compile(re.escape(self.prefix) + "([0-9]+)" + re.escape(ending))

    @property
    def manifest(self) -> str:
        """The key of the manifest: the template up to the chunk number, with an ending of its own."""
        return self.prefix.rstrip("_-.") + ".manifest.json"

    def chunk(self, index: int) -> str:
        """The key of chunk ``index``, counted from 0."""
        return self.template.format(chunk=index)

    def owns(self, key: str) -> bool:
        """Whether ``key`` is that of a chunk of this export: its number written just as this export writes it."""
        match = self._chunk.fullmatch(key)
        return match is not None and self.chunk(int(match[1])) == key
