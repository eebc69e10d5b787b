"""Write the Excel template for a union's stations from the tables of docs/schema.md.

python data/points/make_template.py [FOLDER]
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "docs" / "schema.md"
ROWS = 2000  # to which the choices reach
PICKED = ("kind", "class", "built", "datum", "entry", "sample")
TYPES = {"text": "文字", "number": "数字", "integer": "整数", "list": "多项，用“、”隔开",
         "date": "日期", "yes-no": "是或否"}  # fmt: skip
UNITS = {"m²": "平方米", "person": "人", "degree": "度"}
TOLD = {
    "id": "每站一个，不重复；留空则按行号。",
    "name": "站点名称。",
    "kind": "站点属于哪一类。",
    "class": "仅工会驿站填写。",
    "built": "工会自建，或与其他单位共建。",
    "operator": "由谁日常管理。",
    "union": "由哪一级工会负责。",
    "address": "供人阅读；只有地址而没有坐标的行不能计算。",
    "lon": "东经，小数度。",
    "lat": "北纬，小数度。",
    "datum": "坐标取自哪种地图：高德、腾讯是 GCJ-02，百度是 BD-09。"
    "各行按所写换算；留空的按导入时的声明。",
    "area_m2": "室内面积。",
    "capacity": "可同时休息的人数。",
    "facilities": "照单填写，可另加。",
    "hours_text": "照公示的原文填写；不清楚就留空，留空表示“未知”，不表示关闭。",
    "opening_hours": "可不填；填写时以此为准。",
    "entry": "怎样进门。",
    "verified_on": "最近一次到现场核对的日期。",
    "sample": "第 2 行是示例，使用前请删除。",
    "contact_person": "仅供本单位使用，任何导出文件都不含此列。",
    "contact_phone": "仅供本单位使用，任何导出文件都不含此列。",
    "photo": "照片的文件名。",
}


def fields(section: str) -> list[dict[str, str]]:
    """Return the rows of a table of docs/schema.md, by its column names."""
    text = SCHEMA.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def main(out: Path) -> None:
    """Write ``template_stations.xlsx`` into `out`."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    columns = [f for f in fields("stations") if f["In"] in ("both", "table")]
    fill_stations(sheet, columns)
    fill_explanation(book.create_sheet("填写说明"), columns)
    book.properties.creator = "Hongtu"
    held = io.BytesIO()
    book.save(held)
    out.mkdir(parents=True, exist_ok=True)
    (out / "template_stations.xlsx").write_bytes(timeless(held.getvalue()))


def fill_stations(sheet: Worksheet, columns: list[dict[str, str]]) -> None:
    """Write headings, the example row and the lists to choose from."""
    sheet.title = "站点"
    sheet.append([f["表头"] for f in columns])
    sheet.append([value(f) for f in columns])
    head(sheet, [max(10, 2 * len(f["表头"]) + 2, len(f["Example"]) + 4) for f in columns])
    for place, field in enumerate(columns, start=1):
        letter = get_column_letter(place)
        sheet.cell(2, place).fill = PatternFill("solid", fgColor="FFF2CC")
        if field["Key"] in PICKED:
            words = ",".join(words_of(field))
            rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
            rule.showErrorMessage = field["Key"] in ("datum", "built", "sample")
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{ROWS}")
        if field["Type"] == "date":
            sheet.cell(2, place).number_format = "yyyy-mm-dd"


def fill_explanation(sheet: Worksheet, columns: list[dict[str, str]]) -> None:
    """Write what each column means."""
    sheet.append(["表头", "说明", "格式", "单位", "必填", "可填内容", "示例", "不公开", "英文键名"])
    for f in columns:
        sheet.append([
            f["表头"], TOLD[f["Key"]], TYPES[f["Type"]], UNITS.get(f["Unit"], ""),
            "是" if f["Needed"] == "yes" else "", "、".join(words_of(f)), f["Example"],
            "是" if f["Private"] == "yes" else "", f["Key"],
        ])  # fmt: skip
    head(sheet, [18, 60, 20, 10, 8, 60, 32, 10, 18])
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def head(sheet: Worksheet, widths: list[int]) -> None:
    """Make row 1 a heading that stays in view."""
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, start=1):
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = min(width, 60)


def words_of(field: dict[str, str]) -> list[str]:
    """Return the allowed words, none where anything goes."""
    return [] if field["Values"] == "free" else field["Values"].split(" / ")


def value(field: dict[str, str]) -> object:
    """Return the example as the cell's own type."""
    text = field["Example"]
    if field["Type"] == "number":
        return float(text)
    if field["Type"] == "integer":
        return int(text)
    if field["Type"] == "date":
        return date.fromisoformat(text)
    return text


def timeless(data: bytes) -> bytes:
    """Return the workbook without the hour it was made and without compression.

    Both would differ from run to run, or from one build of zlib to another.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                stamp = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
                content = re.sub(stamp, b"2026-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return held.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
