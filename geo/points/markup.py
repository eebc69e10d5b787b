"""Reading what Chinese web systems save as .xls: HTML tables and the XML workbook of 2003."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from geo.errors import PointsError
from geo.points.grids import MAX_SHEETS, Book, Budget, Grid, Merge, Record, number
from geo.points.schema import MAX_COLUMNS

__all__ = ["is_html", "is_xml_workbook", "read_html", "read_xml_workbook"]

MAX_MARKUP = 30_000_000  # bytes
_HEAD = 4_096
_MAX_SPAN = 100_000
# A tag is at most so long, so that a text of opening brackets costs no more than a longer one.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)([^<>]{0,2000})>")
_ATTRIBUTE = re.compile(r"""([\w:-]{1,40})\s{0,9}=\s{0,9}("[^"]*"|'[^']*'|[^\s"']+)""")
_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w-]{3,30})", re.IGNORECASE)
_SILENT = re.compile(
    r"<!--.*?(?:-->|\Z)|<(style|script|xml|title)\b[^<>]{0,2000}>.*?(?:</\1\s{0,9}>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_BREAKS = frozenset(["br", "p", "div", "li"])


def is_html(data: bytes) -> bool:
    """Return whether the content begins like a web page or a table of one."""
    head = _head(data)
    return head.startswith("<") and any(
        f"<{tag}" in head for tag in ("html", "table", "!doctype html", "meta", "body")
    )


def is_xml_workbook(data: bytes) -> bool:
    """Return whether the content is a workbook in the XML of Excel 2003."""
    return "urn:schemas-microsoft-com:office:spreadsheet" in _head(data) and "<?xml" in _head(data)


def _head(data: bytes) -> str:
    start = data[:_HEAD]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", "replace").lower().lstrip()
    return start.decode("latin-1").lower().removeprefix("ï»¿").lstrip()


def read_html(data: bytes, path: Path) -> Book:
    """Read each table of a page as a sheet called by its place; tables in tables are their own.

    ``colspan`` and ``rowspan`` are merged cells; Excel's ``x:num`` holds a number in full.

    Raises
    ------
    PointsError
        An unknown encoding, no table, or beyond the limits.
    """
    if len(data) > MAX_MARKUP:
        raise PointsError("file_too_large", path=str(path), limit=MAX_MARKUP // 1_000_000)
    text, encoding = _decode(data, path)
    reader = _Tables(path)
    at = 0
    text = _SILENT.sub(" ", text)
    for tag in _TAG.finditer(text):
        reader.text(text[at : tag.start()])
        reader.tag(tag[2].casefold(), bool(tag[1]), tag[3])
        at = tag.end()
    reader.text(text[at:])
    reader.finish()
    if not reader.grids:
        raise PointsError("workbook_unknown", path=str(path))
    return Book(tuple(reader.grids), encoding)


def _decode(data: bytes, path: Path) -> tuple[str, str]:
    """Return the text and its encoding: byte-order mark, UTF-8, what it declares, GB 18030."""
    declared = _CHARSET.search(data[:_HEAD])
    named = declared[1].decode("ascii", "replace") if declared else "utf-8"
    try:
        named = codecs.lookup(named).name
    except LookupError:
        named = "utf-8"
    known = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5", "utf-16": "utf-16"}
    boms = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    first = "utf-16" if data.startswith(boms) else "utf-8-sig"
    for encoding in (first, known.get(named, "gb18030"), "gb18030"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise PointsError("encoding_unknown", path=str(path))


class _Table:
    """A table being read: its cells so far, and those that reach down from rows above."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.merges: list[Merge] = []
        self.row = 0
        self.cells: list[str] = []
        self.reaching: dict[int, int] = {}  # column → last row of a cell that began above
        self.open = False
        self.column = 0
        self.pieces: list[str] = []
        self.number: str | None = None


class _Tables:
    """The handlers of one page."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.budget = Budget(path)
        self.stack: list[_Table] = []
        self.grids: list[Grid] = []

    def text(self, text: str) -> None:
        if text and self.stack and self.stack[-1].open:
            self.stack[-1].pieces.append(html.unescape(text))

    def tag(self, name: str, closing: bool, rest: str) -> None:
        if name == "table":
            self._table(closing)
        elif not self.stack:
            return
        elif name == "tr":
            self._end_row()
            if not closing:
                self.stack[-1].row += 1
        elif name in ("td", "th"):
            self._end_cell()
            if not closing:
                self._start_cell(dict(_attributes(rest)))
        elif name in _BREAKS and self.stack[-1].open:
            self.stack[-1].pieces.append("\n")

    def finish(self) -> None:
        while self.stack:
            self._table(True)

    def _table(self, closing: bool) -> None:
        if not closing:
            if len(self.stack) + len(self.grids) >= MAX_SHEETS:
                raise PointsError("too_many_sheets", path=str(self.path), limit=MAX_SHEETS)
            self.stack.append(_Table())
        elif self.stack:
            self._end_row()
            table = self.stack.pop()
            if table.records:
                name = f"table {len(self.grids) + 1}"
                self.grids.append(Grid(name, table.records, tuple(table.merges)))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        table = self.stack[-1]
        table.row = max(table.row, 1)
        column = len(table.cells)
        while table.reaching.get(column, 0) >= table.row:
            table.cells.append("")
            column += 1
        across = _span(attributes.get("colspan"), MAX_COLUMNS)
        down = _span(attributes.get("rowspan"), _MAX_SPAN)
        table.cells.extend([""] * across)
        if len(table.cells) > MAX_COLUMNS:
            raise PointsError("too_many_columns", path=str(self.path), limit=MAX_COLUMNS)
        if down > 1:
            for place in range(column, column + across):
                table.reaching[place] = table.row + down - 1
        if across > 1 or down > 1:
            self.budget.merge()
            table.merges.append((table.row, column, table.row + down - 1, column + across - 1))
        table.open, table.column, table.pieces = True, column, []
        table.number = attributes.get("x:num") or None

    def _end_cell(self) -> None:
        table = self.stack[-1]
        if not table.open:
            return
        table.open = False
        lines = [" ".join(line.split()) for line in "".join(table.pieces).split("\n")]
        shown = "\n".join(line for line in lines if line)
        if table.number is not None and shown:
            with suppress(ValueError):
                shown = number(float(table.number)) or shown
        table.cells[table.column] = self.budget.text(shown, table.row)

    def _end_row(self) -> None:
        self._end_cell()
        table = self.stack[-1]
        if any(table.cells):
            self.budget.row(len(table.cells))
            table.records.append((table.row, table.cells))
        table.cells = []


def _attributes(rest: str) -> Iterator[tuple[str, str]]:
    for found in _ATTRIBUTE.finditer(rest):
        yield found[1].casefold(), html.unescape(found[2].strip("\"'"))


def _span(text: str | None, most: int) -> int:
    digits = (text or "1").strip()
    return min(max(int(digits), 1), most) if digits.isascii() and digits.isdigit() else 1


def read_xml_workbook(data: bytes, path: Path) -> Book:
    """Read the worksheets of a workbook in the XML of Excel 2003.

    Raises
    ------
    PointsError
        Not well-formed, or beyond the limits.
    """
    if len(data) > MAX_MARKUP:
        raise PointsError("file_too_large", path=str(path), limit=MAX_MARKUP // 1_000_000)
    reader = _XmlWorkbook(path)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as error:
        if isinstance(error, PointsError):
            raise
        detail = re.sub(r"\s+", " ", str(error))[:80]
        raise PointsError("workbook_broken", path=str(path), detail=detail) from None
    return Book(tuple(reader.grids))


class _XmlWorkbook:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.budget = Budget(path)
        self.grids: list[Grid] = []
        self.name = ""
        self.records: list[Record] = []
        self.merges: list[Merge] = []
        self.hidden_rows: set[int] = set()
        self.row = self.column = 0
        self.cells: dict[int, str] = {}
        self.kind = ""
        self.pieces: list[str] | None = None

    def refuse(self, *_: object) -> None:
        raise ValueError("DOCTYPE")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        told = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if local == "Worksheet":
            if len(self.grids) >= MAX_SHEETS:
                raise PointsError("too_many_sheets", path=str(self.path), limit=MAX_SHEETS)
            self.name, self.records, self.merges, self.row = told.get("Name", ""), [], [], 0
            self.hidden_rows = set()
        elif local == "Row":
            self.row = _index(told.get("Index"), self.row + 1)
            self.column, self.cells = -1, {}
            if told.get("Hidden") == "1":
                self.hidden_rows.add(self.row)
        elif local == "Cell":
            self.column = _index(told.get("Index"), self.column + 2) - 1
            self._merge(told)
        elif local == "Data":
            self.kind, self.pieces = told.get("Type", "String"), []

    def _merge(self, told: dict[str, str]) -> None:
        across, down = (_index(told.get(k), 0) for k in ("MergeAcross", "MergeDown"))
        if self.column >= MAX_COLUMNS:
            raise PointsError("too_many_columns", path=str(self.path), limit=MAX_COLUMNS)
        if across or down:
            self.budget.merge()
            last = min(self.column + across, MAX_COLUMNS)
            self.merges.append((self.row, self.column, self.row + min(down, _MAX_SPAN), last))

    def text(self, found: str) -> None:
        if self.pieces is not None:
            self.pieces.append(found)

    def end(self, tag: str) -> None:
        local = tag.rpartition(" ")[2]
        if local == "Data" and self.pieces is not None:
            text, self.pieces = "".join(self.pieces), None
            if shown := self._shown(text):
                self.cells[self.column] = self.budget.text(shown, self.row)
        elif local == "Row" and self.cells:
            width = max(self.cells) + 1
            self.budget.row(width)
            self.records.append((self.row, [self.cells.get(i, "") for i in range(width)]))
            self.cells = {}
        elif local == "Worksheet":
            hidden = frozenset(self.hidden_rows)
            self.grids.append(Grid(self.name, self.records, tuple(self.merges), hidden_rows=hidden))

    def _shown(self, text: str) -> str:
        if self.kind == "Number":
            try:
                return number(float(text))
            except ValueError:
                return text
        if self.kind == "DateTime":
            return text.removesuffix(".000").removesuffix("T00:00:00").replace("T", " ")
        if self.kind == "Boolean":
            return "TRUE" if text.strip() == "1" else "FALSE"
        return text


def _index(text: str | None, otherwise: int) -> int:
    if text and text.isascii() and text.isdigit() and len(text) < 8:
        return int(text)
    return otherwise
