"""The S3 keys of an export: one for each chunk and one for the manifest, all from one template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

FIELD = re.compile(r"\{chunk(?::0[1-9]d)?\}")
NAMED_FIELD = re.compile(r"\{(\w+)\}")
GZIP_ENDING = ".gz"
# Programs on the way to S3 resolve '..', and Airflow reads a file in place of a text that ends in '.sql'.
PLAIN_KEY_RULE = "must hold neither '.' nor '..' as a folder, nor control characters, nor end in '.sql'"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class ExportKeys:
    """The keys that a template such as ``prod/results_{chunk:04d}.csv`` stands for.

    :param gzip: the files are compressed: their keys end in ``.gz``, which the template need not say
    :raises ValueError: the template does not hold ``{chunk}`` exactly once, holds it after a digit, or holds another
        field, a wrong ending, or what programs on the way to S3 would take for something else
    """

    def __init__(self, template: str, *, gzip: bool = False) -> None:
        plain = template.removesuffix(GZIP_ENDING)
        parts = FIELD.split(plain)
        if len(parts) != 2 or re.search(r"[{}]", "".join(parts)):
            raise ValueError(
                f"must be a key with exactly one field, '{{chunk}}' or '{{chunk:04d}}', found {template!r}:"
                " without the chunk number the files of an export would overwrite each other"
            )
        if plain != template and not gzip:
            raise ValueError(f"must be a key without '{GZIP_ENDING}' for files without gzip, found {template!r}")
        if parts[0][-1:].isdigit():
            raise ValueError(
                f"must not have a digit right before the chunk number, found {template!r}:"
                " the files would be taken for those of an export whose name is shorter"
            )
        if _is_ambiguous(template):
            raise ValueError(f"{PLAIN_KEY_RULE}, found {template!r}")
        self.template = plain
        self.prefix, self._ending = parts
        self._gzip_ending = GZIP_ENDING if gzip else ""
        self._chunk = re.compile(
            f"(?P<plain>{re.escape(self.prefix)}([0-9]+){re.escape(self._ending)})(?:{GZIP_ENDING})?"
        )

    @property
    def manifest(self) -> str:
        """The key of the manifest: the template up to the chunk number, with an ending of its own."""
        return f"{self._name}.manifest.json"

    @property
    def folder(self) -> str:
        """What all keys of the export have before the last slash, that slash included."""
        return self.prefix[: self.prefix.rfind("/") + 1]

    def chunk(self, index: int) -> str:
        """The key of chunk ``index``, counted from 0."""
        return self.template.format(chunk=index) + self._gzip_ending

    def owns(self, key: str) -> bool:
        """Whether ``key`` is that of a chunk of this export, compressed or not.

        Its number must be written just as this export writes it. Files that were written before gzip was switched on
        or off are the export's own, and go with the next publication.
        """
        match = self._chunk.fullmatch(key)
        return match is not None and self.template.format(chunk=int(match[2])) == match["plain"]

    def shared_key(self, other: ExportKeys) -> str | None:
        """Return a key that both exports write, a file of either or the manifest; None where there is none.

        Numbers count as the same however they are written, and files as the same with and without gzip.
        """
        shorter, longer = sorted((self._name, other._name), key=len)
        if not longer.startswith(shorter):
            return None
        candidates = [self.manifest, other.manifest, *self._files_like(other), *other._files_like(self)]
        return next((key for key in candidates if self._may_write(key) and other._may_write(key)), None)

    @property
    def _name(self) -> str:
        """What all keys of the export begin with."""
        return self.prefix.rstrip("_-.")

    def _files_like(self, other: ExportKeys) -> list[str]:
        """Files whose number stands in the ending of another export: `a_0_{chunk}` meets `a_{chunk}_7` in `a_0_7`."""
        found = re.findall("[0-9]+", other._ending)
        numbers = [digits[:length] for digits in found for length in range(1, len(digits) + 1)]
        return [f"{self.prefix}{number}{self._ending}" for number in numbers]

    def _may_write(self, key: str) -> bool:
        return key == self.manifest or self._chunk.fullmatch(key) is not None


def fill_key(template: str, values: Mapping[str, str]) -> str:
    """The template with its fields replaced by their values; the chunk number stays a field."""
    return NAMED_FIELD.sub(lambda match: values.get(match[1], match[0]), template)


def key_rules(template: str, required: Sequence[str], optional: Sequence[str]) -> list[str]:
    """The rules that a key template of a deployment breaks; none of them repeats the template.

    :param required: fields without which two exports would have the same keys; they come before the chunk number,
        where the manifest's key ends
    :param optional: fields that it may hold besides
    """
    before = FIELD.split(template)[0]
    known = {f"{{{name}}}" for name in (*required, *optional)}
    fields = re.findall(r"\{[^{}]*\}?|\}", FIELD.sub("", template))
    shown = ", ".join(f"{{{name}}}" for name in (*required, *optional))
    missing = [f"{{{name}}}" for name in required if f"{{{name}}}" not in before]
    rules = {
        f"may hold no other fields than {shown} and {{chunk}}": set(fields) <= known,
        "must hold the chunk number exactly once, as {chunk} or {chunk:04d}": len(FIELD.findall(template)) == 1,
        f"must hold {' and '.join(missing)} before the chunk number": not missing,
        "must have a character such as '_' right before the chunk number": not re.search(r"[0-9}]$", before),
        f"must not begin with '/' nor end in '{GZIP_ENDING}'": not (
            template.startswith("/") or template.endswith(GZIP_ENDING)
        ),
        PLAIN_KEY_RULE: not _is_ambiguous(template),
    }
    return [rule for rule, is_kept in rules.items() if not is_kept]


def _is_ambiguous(template: str) -> bool:
    return bool({".", ".."} & set(template.split("/")) or _CONTROL.search(template) or template.endswith(".sql"))
