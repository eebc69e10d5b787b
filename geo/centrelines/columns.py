"""What a line's attributes say: name, class of road, who may walk, on which level it lies.

Headings and words are those of Chinese planning data, of OSM, and of Geofabrik's Shapefiles.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.errors import RequestError
from geo.network.model import IntArray
from geo.network.tags import SAYS_NO
from geo.vector.text import clip

__all__ = ["LineColumns", "LineTags", "tags_of"]

_HEADINGS: dict[str, tuple[str, ...]] = {
    "name": (
        *("名称", "道路名称", "道路名", "路名", "街道名称", "街名", "中文名", "中文名称", "name"),
        *("roadname", "streetname", "rdname", "dlmc", "mc"),
    ),
    "name_en": ("英文名", "英文名称", "nameen", "name:en", "engname"),
    "class": (
        *("等级", "道路等级", "类型", "道路类型", "类别", "道路类别", "技术等级", "功能等级"),
        *("级别", "highway", "fclass", "class", "roadclass", "roadtype", "type", "dldj", "dllx"),
    ),
    "foot": ("步行", "可步行", "能否步行", "行人", "人行", "行人通行", "foot", "walk", "walkable"),
    "bridge": ("桥", "桥梁", "是否桥梁", "是否为桥", "高架", "是否高架", "bridge", "isbridge"),
    "tunnel": ("隧道", "是否隧道", "是否为隧道", "地下", "tunnel", "istunnel"),
    "level": ("层", "层级", "层次", "高程层", "layer", "level", "zlevel", "zorder"),
}
_YES = {"1", "1.0", "t", "true", "yes", "y", "是", "有", "可", "可以", "允许", "能", "designated"}
_NO = {*SAYS_NO, "0.0", "f", "n", "否", "无", "不", "不可", "不可以", "禁止", "不允许", "不能", ""}

# The first that is in the words of a class decides; OSM tags on the right.
_CLASSES: tuple[tuple[str, dict[str, str]], ...] = (
    ("规划|拟建|planned", {"highway": "proposed"}),
    ("在建|施工", {"highway": "construction"}),
    ("废弃|拆除", {"highway": "abandoned"}),
    ("轮渡|渡口|渡线|航线", {"highway": "ferry", "route": "ferry"}),
    ("人行天桥|过街天桥|步行桥", {"highway": "footway", "bridge": "yes"}),
    ("人行地道|地下通道|地下过街|过街地道", {"highway": "footway", "tunnel": "yes"}),
    ("台阶|阶梯|梯道|踏步", {"highway": "steps"}),
    ("步行街|广场", {"highway": "pedestrian"}),
    ("自行车|非机动车", {"highway": "cycleway"}),
    ("人行|步行|步道|绿道|游步|小径", {"highway": "footway"}),
    ("匝道|立交", {"highway": "motorway_link"}),
    ("高速", {"highway": "motorway"}),
    ("快速", {"highway": "trunk", "motorroad": "yes"}),
    ("铁路|轨道|地铁|管线|河", {"highway": "no"}),
    ("主干|国道|一级公路", {"highway": "primary"}),
    ("次干|省道|二级公路", {"highway": "secondary"}),
    ("支路|支线|县道|三级公路|四级公路", {"highway": "tertiary"}),
    ("乡道|村道|乡村|农村|机耕", {"highway": "unclassified"}),
    ("小区|内部|单位|停车", {"highway": "service"}),
    ("街|巷|弄|胡同|里弄|居住", {"highway": "residential"}),
    ("土路|小路", {"highway": "path"}),
)
_OSM = frozenset(
    (
        *("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
        *("secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified"),
        *("residential", "living_street", "service", "road", "busway", "pedestrian", "footway"),
        *("cycleway", "path", "track", "steps", "bridleway", "corridor", "elevator", "ferry"),
        *("construction", "proposed", "abandoned", "raceway", "platform", "crossing"),
    )
)
_UNKNOWN = "unclassed"


@dataclass(frozen=True)
class LineColumns:
    """Headings chosen by hand; None: found by what they are called."""

    name: str | None = None
    kind: str | None = None
    foot: str | None = None
    level: str | None = None


@dataclass(frozen=True, eq=False)
class LineTags:
    """What n lines say of themselves.

    Attributes
    ----------
    tags
        OSM tags of each line.
    names, names_en
        Name of each line, "" where it has none.
    level
        (n,) 0 on the ground, above or below otherwise.
    levelled
        Whether anything tells levels apart: a column of bridges, tunnels or levels.
    counts
        ``class_unknown``: lines whose class is in no list (kept, as ``unclassed``).
    columns
        Role to the heading it was read from.
    """

    tags: list[dict[str, str]]
    names: list[str]
    names_en: list[str]
    level: IntArray
    levelled: bool
    counts: Counter[str]
    columns: dict[str, str]


def tags_of(own: pd.DataFrame, chosen: LineColumns, path: str) -> LineTags:
    """Read the attributes of lines.

    Raises
    ------
    RequestError
        A chosen heading is not there.
    """
    columns = _columns([str(h) for h in own.columns], chosen, path)
    cells = {role: [_text(v) for v in own[heading]] for role, heading in columns.items()}
    blank = [""] * len(own)
    counts: Counter[str] = Counter()
    known: dict[tuple[str, str, str, str], dict[str, str]] = {}
    tags = []
    facts = zip(*(cells.get(r, blank) for r in ("class", "foot", "bridge", "tunnel")), strict=True)
    for fact in facts:
        if fact not in known:
            known[fact] = _tags(*fact, classed="class" in columns)
        tags.append(known[fact])
        counts["class_unknown"] += "class" in columns and known[fact]["highway"] == _UNKNOWN
    levels = [_level(t, text) for t, text in zip(tags, cells.get("level", blank), strict=True)]
    return LineTags(
        tags=tags,
        names=cells.get("name", blank),
        names_en=cells.get("name_en", blank),
        level=np.array(levels, dtype=np.int64),
        levelled=bool({"bridge", "tunnel", "level"} & columns.keys()) or any(levels),
        counts=counts,
        columns=columns,
    )


def _columns(headings: Sequence[str], chosen: LineColumns, path: str) -> dict[str, str]:
    """Return role → heading: those chosen, else the first that has a known name."""
    folded = {_fold(heading): heading for heading in reversed(headings)}
    found = {}
    for role, names in _HEADINGS.items():
        match = next((folded[n] for n in map(_fold, names) if n in folded), None)
        if match is not None:
            found[role] = match
    by_hand = {"name": chosen.name, "class": chosen.kind, "foot": chosen.foot}
    for role, heading in {**by_hand, "level": chosen.level}.items():
        if heading is None:
            continue
        if _fold(heading) not in folded:
            known = ", ".join(clip(h, 20) for h in headings[:20]) or "—"
            raise RequestError("column_unknown", path=path, heading=clip(heading), known=known)
        found[role] = folded[_fold(heading)]
    return found


def _fold(text: str) -> str:
    return re.sub(r"[\s_\-*:：()（）]+", "", unicodedata.normalize("NFKC", text).casefold())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clip(value, 200).strip()


def _tags(kind: str, foot: str, bridge: str, tunnel: str, *, classed: bool) -> dict[str, str]:
    word = unicodedata.normalize("NFKC", kind).casefold().strip()
    tags = {"highway": _UNKNOWN}
    if classed:
        tags = _class(word)
    if foot.casefold() in _YES:
        tags["foot"] = "yes"
    elif foot and foot.casefold() in _NO:
        tags["foot"] = "no"
    if bridge.casefold() not in _NO or "桥" in word:
        tags["bridge"] = "yes"
    if tunnel.casefold() not in _NO or "隧" in word:
        tags["tunnel"] = "yes"
    return tags


def _class(word: str) -> dict[str, str]:
    """Return the OSM tags of a class of road in Chinese or in OSM's own words."""
    plain = re.sub(r"_grade\d$", "", word.replace(" ", "_"))  # Geofabrik's track_grade1
    if plain in _OSM:
        return {"highway": plain}
    for pattern, tags in _CLASSES:
        if re.search(pattern, word):
            return dict(tags)
    return {"highway": _UNKNOWN}


def _level(tags: dict[str, str], said: str) -> int:
    """Return the level said, else 1 for a bridge and −1 for a tunnel."""
    try:
        number = float(said)
    except ValueError:
        number = 0.0
    if np.isfinite(number) and number:
        return int(np.clip(np.rint(number), -99, 99)) or (1 if number > 0 else -1)
    return int("bridge" in tags) - int("tunnel" in tags)
