"""CSV dialects: how the values, lines and files of an export are written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.problems import Problem

# PostgreSQL's name of each encoding it can render, and the name that browsers and Python know it by.
ENCODINGS = {
    "utf8": "utf-8",
    "latin1": "iso-8859-1",
    "latin2": "iso-8859-2",
    "latin3": "iso-8859-3",
    "latin4": "iso-8859-4",
    "latin5": "iso-8859-9",
    "latin7": "iso-8859-13",
    "latin8": "iso-8859-14",
    "latin9": "iso-8859-15",
    "iso_8859_5": "iso-8859-5",
    "win1250": "windows-1250",
    "win1251": "windows-1251",
    "win1252": "windows-1252",
    "win1253": "windows-1253",
    "win1254": "windows-1254",
    "win1257": "windows-1257",
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MARK = re.compile(r"[\t -~]")


@dataclass(frozen=True)
class CsvDialect:
    """One way to write CSV; the default is RFC 4180 in UTF-8 with LF as line end.

    :param delimiter: the character between two values
    :param quote: the character around a value that holds a delimiter, a quote or a line break; doubled inside
    :param null: the text of NULL; never quoted, so that it differs from the same text as a value
    :param encoding: PostgreSQL's name of the encoding, one of ``ENCODINGS``
    :param decimal_comma: numbers that may have a fraction are written with a comma: ``1234,50``
    :param header: each file begins with a line of the column names
    :param line_end: what ends each line; line breaks inside values stay as they are
    :param bom: each file begins with the byte order mark of UTF-8, by which Excel knows the encoding
    :param quote_text: every value that is no number, date, time or boolean is quoted, and so are the column names
    """

    delimiter: str = ","
    quote: str = '"'
    null: str = ""
    encoding: str = "utf8"
    decimal_comma: bool = False
    header: bool = True
    line_end: str = "\n"
    bom: bool = False
    quote_text: bool = False

    @property
    def content_type(self) -> str:
        """The MIME type of a file."""
        return f"text/csv; charset={ENCODINGS[self.encoding]}"

    def file_start(self, names: Iterable[str]) -> bytes:
        """What each file begins with: the byte order mark and the line of column names, as far as wanted.

        :raises PermanentError: a name holds a character that the encoding does not have
        """
        start = BYTE_ORDER_MARK if self.bom else b""
        if not self.header:
            return start
        names = list(names)
        for name in names:
            self.encode(name)
        line = io.StringIO(newline="")
        # Python quotes a value for the characters of the line end alone, PostgreSQL for either of them.
        writer = csv.writer(
            line,
            delimiter=self.delimiter,
            quotechar=self.quote,
            lineterminator="\r\n",
            quoting=csv.QUOTE_ALL if self.quote_text else csv.QUOTE_MINIMAL,
        )
        writer.writerow(names)
        return start + self.encode(line.getvalue().removesuffix("\r\n") + self.line_end)

    def encode(self, text: str) -> bytes:
        """The bytes of a text.

        :raises PermanentError: it holds a character that the encoding does not have
        """
        try:
            return text.encode(ENCODINGS[self.encoding])
        except UnicodeEncodeError as error:
            raise PermanentError(
                f"the letter {text[error.start]!r} of {text!r} does not exist in the encoding {self.encoding!r}"
            ) from error

    def problems(self) -> list[Problem]:
        """Everything PostgreSQL or a reader could not cope with."""
        found = [*self._mark_problems(), *self._null_problems()]
        if self.decimal_comma and self.delimiter == ",":
            rule = "needs another delimiter than ',': set the delimiter to ';', for example"
            found.append(Problem("decimal_comma", rule))
        return found

    def _mark_problems(self) -> list[Problem]:
        rule = "must be one visible ASCII character, a blank or a tab"
        marks = {"delimiter": self.delimiter, "quote": self.quote}
        found = [Problem(name, rule, repr(mark)) for name, mark in marks.items() if not _MARK.fullmatch(mark)]
        if self.delimiter == self.quote:
            found.append(Problem("quote", "must differ from the delimiter", f"{self.quote!r} for both"))
        return found

    def _null_problems(self) -> list[Problem]:
        marks = [mark for mark in (self.delimiter, self.quote) if _MARK.fullmatch(mark)]
        taken = [mark for mark in (*marks, "\r", "\n") if mark in self.null]
        found = [Problem("null", f"must not hold {mark!r}", repr(self.null)) for mark in taken]
        if re.fullmatch(r"[-+]?([.,]?[0-9][0-9.,]*|infinity|nan)", self.null, re.IGNORECASE):
            found.append(Problem("null", "must not look like a number", repr(self.null)))
        return found


RFC4180 = CsvDialect()
PRESETS = {
    "rfc4180": RFC4180,
    "excel-de": CsvDialect(delimiter=";", decimal_comma=True, line_end="\r\n", bom=True, quote_text=True),
}
