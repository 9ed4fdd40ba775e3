"""The operator's arguments that say what is exported and how, as they are after templates were rendered."""

from __future__ import annotations

from collections.abc import Mapping, ValuesView
from typing import Annotated

from pydantic import ValidationInfo, field_validator

from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.options.kinds import BOOLEAN, TEXT

# A text with this ending is the name of a file to Airflow, in whatever argument that is templated.
FILE_ENDING = ".sql"


class ExportRequest(ExportOptions):
    """The options of one export, its key, and whether it is a dry run."""

    measure_only: Annotated[bool, BOOLEAN] = False
    s3_key: Annotated[str, TEXT] = "{chunk}.csv"

    @field_validator("s3_key")
    @classmethod
    def _check_key(cls, template: str, info: ValidationInfo) -> str:
        ExportKeys(template, gzip=info.data.get("compression") == "gzip")
        return template

    @property
    def keys(self) -> ExportKeys:
        """The keys of the files and the manifest."""
        return ExportKeys(self.s3_key, gzip=self.compression == "gzip")


def refuse_file_names(arguments: Mapping[str, object]) -> None:
    """Refuse texts that Airflow would take for the name of a file to read in their place; only ``sql`` may be one.

    :raises ValueError: names the argument, not its value
    """
    for name, value in arguments.items():
        several = value.values() if isinstance(value, Mapping) else value
        texts = several if isinstance(several, list | tuple | ValuesView) else (several,)
        if any(isinstance(text, str) and text.endswith(FILE_ENDING) for text in texts):
            raise ValueError(f"'{name}' must not end in '{FILE_ENDING}': Airflow would take it for the name of a file")
