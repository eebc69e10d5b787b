"""How union.xls was made: invented stations in the binary format of before 2007.

python tests/data/make_union_xls.py   (needs xlwt, which is no dependency of the project)
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import xlwt  # type: ignore[import-not-found, unused-ignore]


def main() -> None:
    """Write union.xls beside this file."""
    book = xlwt.Workbook(encoding="gb2312")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet = book.add_sheet("鼓楼区")
    sheet.write_merge(0, 0, 0, 6, "示例驿站一览表")
    for column, heading in enumerate(["编号", "名称", "所属工会", None, None, "核验日期", "开放"]):
        if heading is not None:
            sheet.write_merge(1, 2, column, column, heading)
    sheet.write_merge(1, 1, 3, 4, "坐标")
    sheet.write(2, 3, "经度")
    sheet.write(2, 4, "纬度")
    rows = [("001", "甲站", 118.79, 32.04), ("002", "乙站", 118.78, 32.05), (3, "丙站", None, None)]
    for row, (number, name, lon, lat) in enumerate(rows, start=3):
        sheet.write(row, 0, number)
        sheet.write(row, 1, name)
        if lon is not None:
            sheet.write(row, 3, lon)
            sheet.write(row, 4, lat)
        sheet.write(row, 5, date(2026, 5, 20 + row), day)
        sheet.write(row, 6, True)
    sheet.write_merge(3, 5, 2, 2, "示例·鼓楼区总工会")
    sheet.row(4).hidden = True
    sheet.write(6, 0, "合计")
    sheet.write(6, 1, "3个")
    sheet.write(7, 0, "备注：示例数据。")
    other = book.add_sheet("玄武区")
    for column, cell in enumerate(["编号", "名称", "lng", "lat"]):
        other.write(0, column, cell)
    for column, cell in enumerate(["X1", "丁站", "118.80", "32.06"]):
        other.write(1, column, cell)
    hidden = book.add_sheet("旧表")
    hidden.visibility = 1
    for column, cell in enumerate(["编号", "经度", "纬度"]):
        hidden.write(0, column, cell)
    book.save(str(Path(__file__).with_name("union.xls")))


if __name__ == "__main__":
    main()
