"""Workbooks drawn for tests, with openpyxl as an independent writer, and parts of them by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def drawn(
    sheets: Mapping[str, Iterable[Iterable[Any]]],
    merges: Mapping[str, Iterable[str]] | None = None,
    hidden: Iterable[str] = (),
) -> bytes:
    """Return an .xlsx with these sheets of rows, merged ranges and hidden sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for ref in (merges or {}).get(name, ()):
            sheet.merge_cells(ref)
        if name in set(hidden):
            sheet.sheet_state = "hidden"
    return saved(book)


def saved(book: Workbook) -> bytes:
    """Return the bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def by_hand(sheet_data: str, *, tail: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """Return an .xlsx of one sheet whose XML is `sheet_data`, without shared strings or styles."""
    out = io.BytesIO()
    office = f"{LINKS}/officeDocument"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"/>')
        archive.writestr("_rels/.rels", relations("r1", office, "xl/workbook.xml"))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            relations("r1", f"{LINKS}/worksheet", "worksheets/sheet1.xml"),
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{MAIN}"><sheetData>{sheet_data}</sheetData>{tail}</worksheet>',
        )
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def relations(key: str, kind: str, target: str) -> str:
    """Return a file of relations with one in it."""
    one = f'<Relationship Id="{key}" Type="{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{PACKAGE}/relationships">{one}</Relationships>'


def text_row(row: int, *cells: str) -> str:
    """Return the XML of a row of inline texts."""
    made = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{row}">{made}</row>'


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """Return an archive with one member replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return out.getvalue()


def put(folder: Path, data: bytes | str, name: str = "points.xlsx") -> Path:
    """Write a file and return where it is."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
