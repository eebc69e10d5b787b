"""Which heading means what: columns recognised in Chinese and English, however they are spelled.

Of several columns that could play one role, the first wins by: the heading names the declared
datum, names none, names another; the alias is not a vague word; the heading is an alias as it
stands, or only without its unit; the order of the aliases below; left before right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from geo.datum import parse_datum
from geo.points.cells import clip, half_width
from geo.points.fields import FIELDS
from geo.points.schema import Kind, Remark
from geo.vector.text import unique

__all__ = [
    "ALIASES",
    "Recognised",
    "fold",
    "has_position",
    "named_datum",
    "recognise",
    "roles_of",
    "same_datum",
    "unique",
]

# Headings are folded (half width, lower case, no spaces, hyphens, stars) before they are compared.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "编号", "站点编号", "驿站编号", "点位编号", "网点编号", "编码", "站点编码"),
        *("代码", "站点id", "驿站id", "code", "stationid", "siteid", "placeid", "pointid"),
        *("demandid", "uid", "uuid", "osmid", "fid"),
    ),
    "weak_id": ("序号", "序", "no", "no.", "#", "index", "num", "number"),
    "name": (
        *("name", "名称", "namezh", "站点名称", "驿站名称", "点位名称", "网点名称", "单位名称"),
        *(
            "场所名称",
            "地点名称",
            "小区名称",
            "中文名",
            "中文名称",
            "站名",
            "阵地名称",
            "服务点名称",
        ),
        *("站点名", "驿站名", "工会驿站名称", "服务站点名称", "站点", "驿站"),
        *("点位", "地点", "stationname", "sitename", "placename", "title", "label"),
        *("nameen", "英文名", "英文名称", "englishname"),
    ),
    "lon": (
        *("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", "坐标经度", "lonx"),
        *("lngx", "longtitude", "经度度", "经度(度)", "东经度", "东经(度)", "londeg", "x坐标", "x"),
    ),
    "lat": (
        *("lat", "latitude", "纬度", "北纬", "纬度坐标", "坐标纬度", "laty", "latitute"),
        *("纬度度", "纬度(度)", "北纬度", "北纬(度)", "latdeg", "y坐标", "y"),
    ),
    "lon_min": ("经度分", "经度(分)", "东经分", "东经(分)", "lonmin", "lonminutes"),
    "lon_sec": ("经度秒", "经度(秒)", "东经秒", "东经(秒)", "lonsec", "lonseconds"),
    "lat_min": ("纬度分", "纬度(分)", "北纬分", "北纬(分)", "latmin", "latminutes"),
    "lat_sec": ("纬度秒", "纬度(秒)", "北纬秒", "北纬(秒)", "latsec", "latseconds"),
    "lonlat": (
        *("坐标", "经纬度", "经纬度坐标", "坐标经纬度", "经度纬度", "地理坐标", "位置坐标"),
        *("点位坐标", "站点坐标", "驿站坐标", "gps坐标", "lonlat", "lnglat", "lonlng"),
        *("longitudelatitude", "coordinates", "coordinate", "coord", "coords", "wkt", "geom"),
        *("thegeom", "geometry", "location", "position", "位置"),
    ),
    "latlon": ("纬经度", "纬度经度", "latlon", "latlng", "latlong", "latitudelongitude"),
    "datum": (
        *("坐标系", "坐标系统", "datum", "坐标系类型", "坐标类型", "坐标基准", "坐标参考系"),
        *("坐标标准", "crs"),
    ),
    "demand": (
        *("demand", "需求", "需求量", "人数", "职工人数", "职工数", "服务人数", "人口"),
        *("常住人口", "人口数", "总人数", "population", "pop", "people", "persons"),
        *("workers", "residents", "headcount", "weight", "权重", "count"),
    ),
    "address": (
        *("address", "addr", "地址", "详细地址", "站点地址", "驿站地址", "具体地址", "所在地址"),
        *("地理位置", "位置描述", "场所地址", "服务点地址", "所在地", "具体位置", "详细位置"),
    ),
    **FIELDS,
}
# Words that often mean something else. They serve when nothing better does, and are no rivals.
_WEAK = {"nameen", "英文名", "英文名称", "englishname", "站点", "驿站", "点位", "地点", "title"} | {
    *("label", "fid", "osmid", "uid", "uuid", "x", "y", "x坐标", "y坐标", "geom", "geometry"),
    *("location", "position", "位置", "count", "weight", "权重", "所在地"),
}
_PLAIN = tuple(role for role in ALIASES if role not in FIELDS and role != "demand")
_PARTS = ("lon_min", "lon_sec", "lat_min", "lat_sec")
_POSITION = ("lon", "lat", "lonlat", "latlon", *_PARTS)
# Where two columns of these could serve, the user is told; elsewhere the preview shows it.
_TOLD = {"id", "name", "lon", "lat", "lonlat", "latlon", "demand", "address"}
_LONGEST = 100  # characters of a heading that may mean something
_RANKS: dict[str, list[tuple[str, int]]] = {}
for _role, _aliases in ALIASES.items():
    for _rank, _alias in enumerate(_aliases):
        _RANKS.setdefault(_alias, []).append((_role, _rank))

_DATUM = re.compile(
    r"wgs[\s_-]*(?:19)?84|gcj[\s_-]*0?2|bd[\s_-]*0?9|cgcs[\s_-]*2000|国家(?:大地)?2000|epsg[:_]?4326"
    r"|epsg[:_]?4490|高德|火星|国测局|腾讯|百度|天地图|amap|gaode|tencent|baidu|tianditu"
)
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>")
_UNIT = re.compile(r"坐标系|gps|degrees?|deg$|decimal|dd$|°|地图|系$")


@dataclass(frozen=True)
class Recognised:
    """Role to heading, how sure each is, and what was not plain about it.

    `how` is by role ``exact`` (the heading is an alias), ``trimmed`` (it is one without its unit
    or its datum) or ``vague`` (a word that often means something else).
    """

    columns: dict[str, str]
    warnings: tuple[Remark, ...] = ()
    how: dict[str, str] = field(default_factory=dict)

    @property
    def positioned(self) -> bool:
        """Whether a position can be read from these columns."""
        return {"lon", "lat"} <= self.columns.keys() or bool(
            {"lonlat", "latlon"} & self.columns.keys()
        )

    @property
    def addressed(self) -> bool:
        """Whether these columns make a list of places by their addresses."""
        return {"name", "address"} <= self.columns.keys()


def roles_of(kind: Kind, *, geometry: bool = False) -> tuple[str, ...]:
    """Return the roles that columns of a table of `kind` can play, in the order of a report.

    `demand` is one in demand only: a station's 人数 is not a weight. Where the format has
    `geometry` of its own, no column of coordinates is looked for.
    """
    roles = _PLAIN + (("demand",) if kind == "demand" else ())
    if geometry:
        roles = tuple(role for role in roles if role not in _POSITION)
    return roles + (tuple(FIELDS) if kind == "stations" else ())


def fold(text: str) -> str:
    """Return `text` half width, lower case, without what differs between careful typists."""
    return re.sub(r"[\s_\-*:：,，、/\\]+", "", half_width(text).casefold())


def named_datum(text: str) -> str | None:
    """Return the first datum that `text` mentions, as one of `geo.datum.DATUMS`."""
    found = _DATUM.search(unicodedata.normalize("NFKC", text).casefold())
    return parse_datum(found.group()) if found else None


def recognise(
    headings: Sequence[str], *, kind: Kind, datum: str | None, geometry: bool = False
) -> Recognised:
    """Find the columns of each role among `headings` (unique); `datum` is the declared one."""
    return _recognise(headings, roles_of(kind, geometry=geometry), datum)


def _recognise(headings: Sequence[str], roles: Iterable[str], datum: str | None) -> Recognised:
    columns: dict[str, str] = {}
    how: dict[str, str] = {}
    warnings: list[Remark] = []
    found = _candidates(headings, datum)
    for role in roles:
        candidates = sorted(found.get(role, ()))
        if not candidates:
            continue
        foreign, vague, trimmed, *_, heading = candidates[0]
        columns[role] = heading
        how[role] = "vague" if vague else "trimmed" if trimmed else "exact"
        rivals = [c[-1] for c in candidates[1:] if c[0] == foreign and not c[1]]
        if rivals and role in _TOLD:
            others = ", ".join(clip(r) for r in rivals[:3])
            warnings.append(("ambiguous_column", {"chosen": clip(heading), "others": others}))
    _settle(columns, warnings)
    for role in ("lon", "lonlat", "latlon"):
        again = [
            h for h in headings if re.fullmatch(rf"{re.escape(columns.get(role, ' '))}_\d+", h)
        ]
        if again:  # another table beside this one, which is not read
            shown = ", ".join(clip(h) for h in again[:3])
            warnings.append(("table_beside", {"chosen": clip(columns[role]), "others": shown}))
    for role in ("lon", "lonlat", "latlon"):
        named = named_datum(columns.get(role, ""))
        if named and datum and not same_datum(named, datum):
            fields = {"heading": clip(columns[role]), "named": named, "declared": datum}
            warnings.append(("heading_datum", fields))
    return Recognised(columns, tuple(warnings), {r: how[r] for r in columns})


def has_position(headings: Sequence[str], *, in_two: bool = False) -> bool:
    """Return whether these headings give a position; the mark by which a heading row is known.

    With `in_two` only a longitude and a latitude in columns of their own count.
    """
    found = _recognise(unique(headings), _POSITION, None)
    return "lon" in found.columns if in_two else found.positioned


def same_datum(one: str, other: str) -> bool:
    """Return whether two of `geo.datum.DATUMS` give the same numbers."""
    plain = {"wgs84", "cgcs2000"}
    return one == other or {one, other} <= plain


def _settle(columns: dict[str, str], warnings: list[Remark]) -> None:
    """Keep one way of giving a position: two columns before one, longitude first before last."""
    ways = [w for w in (("lon", "lat"), ("lonlat",), ("latlon",)) if all(r in columns for r in w)]
    used = {role for way in ways[:1] for role in way}
    for role in ("lonlat", "latlon"):
        heading = columns.get(role)
        if heading is None or role in used:
            continue
        del columns[role]
        if fold(heading) not in _WEAK:
            chosen = ", ".join(columns[r] for r in ways[0])
            warnings.append(("ambiguous_column", {"chosen": chosen, "others": heading}))
    if "lon" not in used:
        for role in ("lon", "lat", *_PARTS):
            columns.pop(role, None)
    elif not {"lon_min", "lat_min"} <= columns.keys():
        for role in _PARTS:
            columns.pop(role, None)
    if "id" in columns:
        columns.pop("weak_id", None)


def _candidates(
    headings: Sequence[str], datum: str | None
) -> dict[str, list[tuple[int, bool, int, int, int, str]]]:
    """Return by role a sort key ending in the heading for each column that could play it.

    A heading that is an alias as it stands is not trimmed into another: 开放时间（OSM） is not
    the 开放时间 beside it.
    """
    found: dict[str, list[tuple[int, bool, int, int, int, str]]] = {}
    for place, heading in enumerate(headings):
        if len(heading) > _LONGEST:
            continue
        alias, trimmed = fold(heading), 0
        if alias not in _RANKS:
            alias, trimmed = _trim(heading), 1
        for role, rank in _RANKS.get(alias, ()):
            named = named_datum(heading) if role in _POSITION and datum else None
            foreign = 1 if named is None or datum is None else 2 * (not same_datum(named, datum))
            key = (foreign, alias in _WEAK, trimmed, rank, place, heading)
            found.setdefault(role, []).append(key)
    return found


def _trim(heading: str) -> str:
    """Return `heading` folded, without brackets, units and the datum's name."""
    text = _BRACKETED.sub("", unicodedata.normalize("NFKC", heading).casefold())
    return fold(_UNIT.sub("", fold(_DATUM.sub("", text))))
