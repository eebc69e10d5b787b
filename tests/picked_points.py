"""A union's list as it comes: GBK, a title row, picks on a GCJ-02 map, faults, telephones."""

from __future__ import annotations

import csv
import io

import geopandas as gpd

from geo.datum import from_wgs84

__all__ = ["PRIVATE", "gbk_csv"]

PRIVATE = ("张三", "13800000000")
"""What must not leave with the cleaned file."""


def gbk_csv(stations: gpd.GeoDataFrame, count: int = 60) -> bytes:
    """Return `count` stations as GCJ-02 numbers, a bad row, a row without position, a total."""
    x, y = from_wgs84(stations.geometry.x.to_numpy(), stations.geometry.y.to_numpy(), "gcj02")
    held = io.StringIO()
    rows = csv.writer(held)
    rows.writerow(["南京市工会驿站一览表", "", "", "", "", "", ""])
    rows.writerow(["序号", "驿站名称", "经度", "纬度", "类型", "负责人", "联系电话"])
    for at in range(count):
        place = [f"{x[at]:.7f}", f"{y[at]:.7f}"]
        rows.writerow([at + 1, f"测试驿站{at + 1}", *place, "工会驿站", *PRIVATE])
    rows.writerow([count + 1, "坏行", "abc", "32.0", "工会驿站", *PRIVATE])
    rows.writerow([count + 2, "缺坐标", "", "", "工会驿站", *PRIVATE])
    rows.writerow(["合计", str(count), "", "", "", "", ""])
    return held.getvalue().encode("gb18030")
