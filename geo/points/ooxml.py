"""Reading .xlsx with zipfile and expat: values, merged ranges, what is hidden, within limits.

Libraries were tried and not taken (docs/decisions/0061-spreadsheets.md): a sheet with one cell in
its last corner made one end the whole program, and errors such as ``#N/A`` were lost. ISO/IEC
29500-1, sections 18.2 (workbook), 18.3 (worksheets), 18.4 (shared strings), 18.8 (styles).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from geo.errors import PointsError
from geo.points.grids import (
    MAX_SHEETS,
    TITLE_ROWS,
    Book,
    Budget,
    Grid,
    Merge,
    Record,
    moment,
    number,
)
from geo.points.rowcount import more_rows_than
from geo.points.schema import MAX_ROWS
from geo.vector.limits import MAX_RATIO, MAX_SECONDS, Deadline

__all__ = ["read_xlsx"]

MAX_MEMBERS = 5_000
MAX_UNPACKED = 400_000_000  # bytes of XML that are looked at
_SMALL = 50_000_000  # bytes that any workbook may unfold to, however well it is packed
_CHUNK = 65_536
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_REF = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Attributes = dict[str, str]


def read_xlsx(data: bytes, path: Path) -> Book:
    """Read every worksheet of an Office Open XML workbook.

    A cell becomes the text that the sheet shows at full precision: 15 digits of a number, ISO
    8601 for a date, TRUE or FALSE. An error keeps its name (``#N/A``); a formula that was saved
    without its value becomes its own text, ``=A1+1``.

    Raises
    ------
    PointsError
        No workbook, an encrypted or binary one, or beyond the limits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Workbook(archive, path, len(data)).read()
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise PointsError("workbook_broken", path=str(path), detail=_short(error)) from None
    except (expat.ExpatError, UnicodeError, ValueError, OverflowError, RuntimeError) as error:
        if isinstance(error, PointsError):
            raise
        if "password" in str(error) or "encrypted" in str(error):
            raise PointsError("workbook_locked", path=str(path)) from None
        raise PointsError("workbook_broken", path=str(path), detail=_short(error)) from None


def _short(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:80] or type(error).__name__


class _Workbook:
    """One archive being read: what its parts share, and how much of it was unfolded."""

    def __init__(self, archive: zipfile.ZipFile, path: Path, size: int) -> None:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise PointsError("workbook_too_large", path=str(path), limit=MAX_UNPACKED // 1_000_000)
        self.archive = archive
        self.path = path
        self.members = {name.casefold(): name for name in archive.namelist()}
        self.left = min(MAX_UNPACKED, max(_SMALL, MAX_RATIO * size))
        self.deadline = Deadline()
        self.budget = Budget(path)
        self.strings: list[str] = []
        self.formats: list[str] = []
        self.since_1904 = False

    def read(self) -> Book:
        workbook = self._main_part()
        sheets: list[Attributes] = []

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "sheet":
                sheets.append(attributes)
            elif tag == "workbookPr":
                self.since_1904 = attributes.get("date1904", "0") in ("1", "true")

        self._parse(workbook, start)
        if len(sheets) > MAX_SHEETS:
            raise PointsError("too_many_sheets", path=str(self.path), limit=MAX_SHEETS)
        parts = self._relations(workbook)
        by_kind = {kind: target for kind, target in parts.values()}
        if "sharedStrings" in by_kind:
            self._read_strings(by_kind["sharedStrings"])
        if "styles" in by_kind:
            self._read_styles(by_kind["styles"])
        found = []
        for place, sheet in enumerate(sheets, start=1):
            link = next((v for k, v in sheet.items() if k.endswith(":id")), "")
            kind, target = parts.get(link, ("", ""))
            if kind == "worksheet" and target.casefold() in self.members:
                hidden = sheet.get("state", "visible") != "visible"
                found.append((target, sheet.get("name") or f"Sheet{place}", hidden))
        names = {self.members[target.casefold()] for target, _, _ in found}
        if more_rows_than(MAX_ROWS + TITLE_ROWS, self.archive, names, self.left):
            raise PointsError("too_many_rows", path=str(self.path), limit=MAX_ROWS)
        return Book(tuple(self._sheet(*each) for each in found))

    def _main_part(self) -> str:
        parts = self._relations("")
        found = [t for kind, t in parts.values() if kind == "officeDocument"]
        main = found[0] if found else "xl/workbook.xml"
        if main.endswith(".bin"):
            raise PointsError("workbook_unknown", path=str(self.path))
        if main.casefold() not in self.members or "word/" in main or "ppt/" in main:
            raise PointsError("workbook_unknown", path=str(self.path))
        return main

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return id → (kind, part) as the file of relations beside `part` has them."""
        folder, name = posixpath.split(part)
        at = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                whole = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                kind = attributes.get("Type", "").rsplit("/", 1)[-1]
                found[attributes.get("Id", "")] = (kind, posixpath.normpath(whole))

        if at.casefold() in self.members:
            self._parse(at, start)
        return found

    def _parse(
        self,
        part: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Run `part` through expat; names come without their prefix, entities are refused."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        local = _LocalNames()

        def opened(tag: str, attributes: Attributes) -> None:
            start(local[tag], attributes)

        def refuse(*_: Any) -> None:
            raise ValueError("DOCTYPE")

        parser.StartElementHandler = opened
        parser.StartDoctypeDeclHandler = refuse
        if end is not None:
            parser.EndElementHandler = lambda tag: end(local[tag])
        if text is not None:
            parser.CharacterDataHandler = text
        with self.archive.open(self.members[part.casefold()]) as stream:
            while chunk := stream.read(_CHUNK):
                self.left -= len(chunk)
                if self.left < 0:
                    limit = MAX_UNPACKED // 1_000_000
                    raise PointsError("workbook_too_large", path=str(self.path), limit=limit)
                if self.deadline.passed:
                    raise PointsError("workbook_slow", path=str(self.path), limit=MAX_SECONDS)
                parser.Parse(chunk, False)
            parser.Parse(b"", True)

    def _read_strings(self, part: str) -> None:
        """Read the shared strings; phonetic readings (rPh) are not part of a text."""
        pieces: list[str] = []
        inside = {"t": False, "rPh": False}

        def start(tag: str, attributes: Attributes) -> None:
            if tag in inside:
                inside[tag] = True
            elif tag == "si":
                pieces.clear()

        def end(tag: str) -> None:
            if tag in inside:
                inside[tag] = False
            elif tag == "si":
                self.strings.append(_unescaped("".join(pieces)))

        def text(found: str) -> None:
            if inside["t"] and not inside["rPh"]:
                pieces.append(found)

        if part.casefold() in self.members:
            self._parse(part, start, end, text)

    def _read_styles(self, part: str) -> None:
        """Read for each cell format its number format where that is one of dates, else ""."""
        codes: dict[str, str] = {}
        inside = [False]

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif tag == "cellXfs":
                inside[0] = True
            elif tag == "xf" and inside[0]:
                self.formats.append(_date_code(attributes.get("numFmtId", "0"), codes))

        def end(tag: str) -> None:
            if tag == "cellXfs":
                inside[0] = False

        if part.casefold() in self.members:
            self._parse(part, start, end)

    def _sheet(self, part: str, name: str, hidden: bool) -> Grid:
        sheet = _Sheet(self)
        self._parse(part, sheet.start, sheet.end, sheet.text)
        return Grid(
            name=name,
            records=sheet.records,
            merges=tuple(sheet.merges),
            hidden=hidden,
            hidden_rows=frozenset(sheet.hidden_rows),
        )


class _LocalNames(dict[str, str]):
    """Names of elements without their prefix, worked out once each."""

    def __missing__(self, tag: str) -> str:
        name = self[tag] = tag.rpartition(":")[2]
        return name


class _Sheet:
    """The handlers of one worksheet."""

    def __init__(self, book: _Workbook) -> None:
        self.book = book
        self.records: list[Record] = []
        self.merges: list[Merge] = []
        self.hidden_rows: set[int] = set()
        self.row = 0
        self.column = 0
        self.cells: dict[int, str] = {}
        self.kind = "n"
        self.style = 0
        self.value: list[str] = []
        self.formula: list[str] | None = None
        self.within = ""  # v, f or t: whose text is being read
        self.phonetic = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._start_cell(attributes)
        elif tag in ("v", "t"):
            self.within = tag
        elif tag == "f":
            self.within, self.formula = "f", []
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, tag: str) -> None:
        if tag == "c":
            self._end_cell()
        elif tag == "row":
            self._end_row()
        elif tag == "rPh":
            self.phonetic = False
        elif tag in ("v", "t", "f"):
            self.within = ""

    def text(self, found: str) -> None:
        if not self.within or self.phonetic:
            return
        if self.within == "f" and self.formula is not None:
            self.formula.append(found)
        elif self.within != "f":
            self.value.append(found)

    def _start_row(self, attributes: Attributes) -> None:
        self.row = _whole(attributes.get("r"), self.row + 1)
        if not 0 < self.row <= _LAST_ROW:
            raise ValueError("row")
        self.column = 0
        self.cells = {}
        if attributes.get("hidden") in ("1", "true"):
            self.hidden_rows.add(self.row)

    def _start_cell(self, attributes: Attributes) -> None:
        found = _REF.fullmatch(attributes.get("r", ""))
        self.column = _column(found[1]) if found else self.column + 1
        if self.column > _LAST_COLUMN:
            raise ValueError("column")
        self.kind = attributes.get("t", "n")
        self.style = _whole(attributes.get("s"), 0)
        self.value, self.formula, self.within = [], None, ""

    def _end_cell(self) -> None:
        text = "".join(self.value)
        if not text.strip():
            formula = "".join(self.formula or ()).strip()
            # A shared formula has its text in its first cell alone.
            shown = "" if self.formula is None or self.kind == "str" else f"={formula}"
        else:
            shown = self._shown(text)
        if shown:
            self.cells[self.column - 1] = self.book.budget.text(shown, self.row)

    def _shown(self, text: str) -> str:
        if self.kind == "s":
            place = _whole(text.strip(), -1)
            return self.book.strings[place] if 0 <= place < len(self.book.strings) else ""
        if self.kind in ("str", "inlineStr"):
            return _unescaped(text)
        if self.kind == "b":
            return "TRUE" if text.strip() in ("1", "true") else "FALSE"
        if self.kind == "d":
            return text.strip().removesuffix("Z").removesuffix("T00:00:00")
        return text.strip() if self.kind == "e" else self._number(text)

    def _number(self, text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            return text.strip()
        code = self.book.formats[self.style] if self.style < len(self.book.formats) else ""
        return moment(value, code, since_1904=self.book.since_1904) if code else number(value)

    def _end_row(self) -> None:
        if not self.cells:
            return
        width = max(self.cells) + 1
        self.book.budget.row(width)
        self.records.append((self.row, [self.cells.get(i, "") for i in range(width)]))
        self.cells = {}

    def _merge(self, ref: str) -> None:
        first, _, last = ref.partition(":")
        ends = _REF.fullmatch(first), _REF.fullmatch(last or first)
        if ends[0] is None or ends[1] is None:
            return
        self.book.budget.merge()
        top, left = int(ends[0][2]), _column(ends[0][1]) - 1
        bottom, right = int(ends[1][2]), _column(ends[1][1]) - 1
        if top <= bottom <= _LAST_ROW and left <= right:
            self.merges.append((top, left, bottom, right))


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else otherwise


@cache
def _column(letters: str) -> int:
    total = 0
    for letter in letters:
        total = 26 * total + ord(letter) - 64
    return total


def _unescaped(text: str) -> str:
    """Return `text` with ``_x000D_`` as the character it stands for; never a lone surrogate."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda m: _character(int(m[1], 16)), text)


def _character(code: int) -> str:
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def _date_code(number_format: str, codes: dict[str, str]) -> str:
    """Return the format where it shows a moment, else ""."""
    code = codes.get(number_format)
    if code is None:
        return "d" if number_format.isdigit() and int(number_format) in _DATES else ""
    bare = _LITERAL.sub("", code).casefold()
    shows = "general" not in bare and any(letter in bare for letter in "ymdhs")
    return (code or "d") if shows else ""
