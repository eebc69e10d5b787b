"""Files as an office has them, invented: lists, demand, districts, and a small town's streets.

Everything stands on a grid of streets at the middle of Nanjing, so that a shift of datum is seen.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
from shapely.geometry import LineString, Point
from workbooks import drawn

from geo.datum import from_wgs84

WEST, SOUTH = 118.770, 32.040
STEP_LON, STEP_LAT = 0.00212, 0.0018  # about 200 m
STREETS = 11  # each way, so 2 km by 2 km
NAMES = ("甲路", "乙路", "丙路", "丁路", "戊路", "己路", "庚路", "辛路", "壬路", "癸路", "子路")
HEAD = (
    "序号",
    "名称",
    "地址",
    "经度",
    "纬度",
    "开放时间",
    "服务项目",
    "面积",
    "负责人",
    "联系电话",
)


def corner(column: float, row: float) -> tuple[float, float]:
    """Return WGS-84 degrees of a crossing of the town's grid."""
    return WEST + column * STEP_LON, SOUTH + row * STEP_LAT


def picked(column: float, row: float, datum: str = "gcj02") -> tuple[float, float]:
    """Return the same as somebody picks it from a map in `datum`, with six decimals."""
    lon, lat = corner(column, row)
    x, y = from_wgs84(np.array([lon]), np.array([lat]), datum)
    return round(float(x[0]), 6), round(float(y[0]), 6)


def write_streets(path: Path) -> Path:
    """Write the streets as an OSM file, .osm or .osm.pbf."""
    nodes, ways = [], []
    for row in range(STREETS):
        for column in range(STREETS):
            lon, lat = corner(column, row)
            key = 1 + row * STREETS + column
            nodes.append(f'<node id="{key}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    for line in range(STREETS):
        for way, step, start in ((1, 1, line * STREETS), (101, STREETS, line)):
            refs = "".join(f'<nd ref="{1 + start + step * k}"/>' for k in range(STREETS))
            side = "" if way == 1 else "北"
            tags = f'<tag k="highway" v="residential"/><tag k="name" v="{side}{NAMES[line]}"/>'
            ways.append(f'<way id="{way + line}" version="1">{refs}{tags}</way>')
    drawn_xml = path.with_suffix(".xml.osm")
    drawn_xml.write_text(
        f'<?xml version="1.0"?>\n<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>',
        encoding="utf-8",
    )
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(drawn_xml)):
            writer.add(thing)
    drawn_xml.unlink()
    return path


def write_workbook(path: Path) -> Path:
    """Write a list in GCJ-02: titles, a sheet for each district, totals, an address-only row."""

    def row(number: int, name: str, column: float, line: float, hours: str) -> tuple[object, ...]:
        lon, lat = picked(column, line)
        where = f"{NAMES[int(line)]}{number}号"
        more = ("饮水、微波炉、充电", "约20㎡", "张三", "13800000000")
        return (number, name, where, lon, lat, hours, *more)

    first = [
        ("某市职工驿站统计表（2026年）",), ("填报单位：示例区总工会",), HEAD,
        row(1, "甲路驿站", 2, 2, "周一至周五 8:30-17:30"),
        row(2, "乙路驿站", 5, 3, "全天"),
        row(3, "丙路驿站", 8, 2, "夏季 7:00-19:00 / 冬季 8:00-18:00"),
        ("合计", None, None, None, None, None, None, 3, None, None),
    ]  # fmt: skip
    second = [
        ("某市职工驿站统计表（2026年）",), HEAD,
        row(1, "丁路驿站", 3, 7, "8:30-11:00 13:30-17:00"),
        row(2, "戊路驿站", 7, 7, "按单位作息"),
        (3, "己路驿站", "某市己路88号", None, None, "全天", "饮水", "15", "李四", "13900000000"),
        ("合计", None, None, None, None, None, None, 3, None, None),
    ]  # fmt: skip
    path.write_bytes(
        drawn({"示例区": first, "样板区": second}, {"示例区": ("A1:J1",), "样板区": ("A1:J1",)})
    )
    return path


def write_gbk(path: Path, datum: str = "bd09") -> Path:
    """Write three stations as a GBK table with both numbers in one cell."""
    cells = [picked(column, row, datum) for column, row in ((2, 5), (5, 5), (8, 5))]
    rows = [f'{k},第{k}驿站,"{lon},{lat}"' for k, (lon, lat) in enumerate(cells, 1)]
    path.write_bytes("\r\n".join(["编号,名称,坐标", *rows, ""]).encode("gbk"))
    return path


def write_demand(path: Path, datum: str = "gcj02") -> Path:
    """Write 36 workplaces, each between two crossings."""
    rows = ["编号,名称,经度,纬度,人数"]
    for k in range(36):
        lon, lat = picked(k % 6 * 2 + 0.5 - (k % 6 == 5), k // 6 * 2, datum)
        rows.append(f"{k + 1},单位{k + 1},{lon},{lat},{50 + 10 * (k % 7)}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def write_areas(path: Path, datum: str = "gcj02") -> Path:
    """Write two districts side by side, and a park over both."""

    def box(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
        around = ((west, south), (east, south), (east, north), (west, north), (west, south))
        return [[list(picked(*at, datum)) for at in around]]

    parts = (
        ("a1", "示例区", "区", box(-1, -1, 5.5, 11)), ("a2", "样板区", "区", box(5.5, -1, 11, 11)),
        ("p1", "软件园", "园区", box(4, 4, 8, 8)),
    )  # fmt: skip
    features = [
        {"type": "Feature", "properties": {"编号": key, "名称": name, "层级": level},
         "geometry": {"type": "Polygon", "coordinates": rings}}
        for key, name, level, rings in parts
    ]  # fmt: skip
    found = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return path


def write_graphs(network: Path, folder: Path) -> None:
    """Write the saved `network` as OSMnx does: walk.graphml and walk.gpkg."""
    import osmnx

    from geo.network import load_network, to_osmnx

    graph = to_osmnx(load_network(network))
    osmnx.save_graphml(graph, folder / "walk.graphml")
    osmnx.save_graph_geopackage(graph, folder / "walk.gpkg")


def write_centrelines(folder: Path) -> None:
    """Write the streets as an institute has them: centrelines.zip in metres, roads.geojson."""
    lines, names = [], []
    for line in range(STREETS):
        for across, side in ((False, ""), (True, "北")):
            ends = [(line, 0), (line, STREETS - 1)] if across else [(0, line), (STREETS - 1, line)]
            lines.append(ends)
            names.append(f"{side}{NAMES[line]}")
    drawn_lines = gpd.GeoDataFrame(
        {"路名": names, "等级": "支路"},
        geometry=[LineString([corner(*end) for end in ends]) for ends in lines],
        crs="EPSG:4326",
    )
    parts = folder / "shape"
    parts.mkdir()
    drawn_lines.to_crs("EPSG:4549").to_file(parts / "roads.shp", encoding="utf-8")
    with zipfile.ZipFile(folder / "centrelines.zip", "w") as archive:
        for part in sorted(parts.iterdir()):
            archive.write(part, part.name)
    features = [
        {"type": "Feature", "properties": {"路名": name}, "geometry": {
            "type": "LineString", "coordinates": [list(picked(*end)) for end in ends]}}
        for name, ends in zip(names, lines, strict=True)
    ]  # fmt: skip
    found = {"type": "FeatureCollection", "features": features}
    (folder / "roads.geojson").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def write_gis_points(folder: Path) -> None:
    """Write three stations as stations.gpkg, and as metres.csv in EPSG:4549."""
    where = [corner(column, row) for column, row in ((2, 2), (5, 7), (8, 3))]
    points = gpd.GeoDataFrame(
        {"编号": ["s1", "s2", "s3"], "名称": ["甲", "乙", "丙"]},
        geometry=[Point(at) for at in where], crs="EPSG:4326",
    )  # fmt: skip
    points.to_file(folder / "stations.gpkg", layer="stations")
    metres = points.to_crs("EPSG:4549").geometry
    rows = [f"{k},{at.x:.3f},{at.y:.3f}" for k, at in enumerate(metres, 1)]
    (folder / "metres.csv").write_text("\n".join(["编号,X坐标,Y坐标", *rows, ""]), "utf-8")
