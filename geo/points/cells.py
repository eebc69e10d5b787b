"""What one cell says: numbers, positions and weights as people type them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.vector.text import clip

__all__ = [
    "clip",
    "degrees",
    "each",
    "half_width",
    "is_blank",
    "is_error",
    "is_example",
    "is_formula",
    "is_note",
    "is_sum",
    "is_total",
    "is_true",
    "position",
    "trimmed",
    "weight",
]

_BLANK = {
    "",
    "-",
    "--",
    "—",
    "——",
    "/",
    "\\",
    "无",
    "暂无",
    "待定",
    "待补",
    "空",
    "none",
    "null",
} | {
    *("n/a", "#n/a", "na"),
}
_UNSEEN = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
_EXAMPLE = {"例", "示例", "样例", "例如", "举例", "填写示例", "填写样例", "填报示例"}
_TRUE = {"1", "1.0", "true", "yes", "y", "t", "是", "真", "示例", "样本", "样例", "sample"}
_TOTAL = re.compile(
    r"(合计|总计|小计|共计|总数|(?:sub|grand)?total|sum)[:：]?[\d.,]*[个处人家座站]*", re.IGNORECASE
)
# Words that no place is called by, before them a part of the sheet: 鼓楼区小计, 本页合计.
_SUM = re.compile(
    r"(?:[^\d,;]{0,20}(?:合计|总计|小计|共计|累计)|总[人户站点职工]{0,4}数|平均|(?:总|算术)?(?:平均|均)[值数]|人均"
    r"|最[大小高低]值|中位数)[数值]?(?:\([^()]*\))?[:：]?[\d.,]*[个处人家座站]*"
)
_SUM_MARKS = frozenset("计均值数")  # one of them is in each of these words
_NOTE = re.compile(
    r"(备注|附注|注释|注|说明|填表|填报|制表|制单|审核|复核|审批|统计|报送|盖章|数据来源|来源"
    r"|联系人|经办|负责人签字|日期|截至|截止)"
    r"(人|单位|部门|说明|时间|日期|签字|签章|处|范围)*[\d一二三四五六七八九十]*:.*"
    r"|(以上|上述|本表|此表|表中).*|\(?(单位)?\(?(盖章|签字|公章)\)?:?.*",
    re.DOTALL,
)
_ERROR = re.compile(
    r"#(n/a|ref!|value!|div/0!|name\?|num!|null!|spill!|calc!|field!|busy!|getting_data)"
)
_HEMISPHERES = {"东经": "E", "西经": "W", "北纬": "N", "南纬": "S", "经度": "E", "纬度": "N"}
_APOSTROPHES = "'‘’`"  # by which a spreadsheet is told that a number is text
_ANGLE = re.compile(
    r"(?P<before>[EWNS])?:?(?P<sign>[+-])?(?P<d>\d{1,3}(?:\.\d*)?|\.\d+)(?:°|度|o)?"
    r"(?:(?P<m>\d{1,2}(?:\.\d*)?)(?:['′’‘分]))?(?:(?P<s>\d{1,2}(?:\.\d*)?)(?:[\"″”“秒]|''|′′))?"
    r"(?P<after>[EWNS])?"
)
# Two numbers in one cell that say which they are: lng=118.79&lat=32.04, N32.04 E118.79.
_LON = re.compile(
    r"(?:经度|东经|(?<![A-Z])(?:LONGITUDE|LON|LNG|E))[\s\"']*[:=]?\s*(\d{1,3}(?:\.\d+)?)"
    r"(?![\d.])\s*[°度]?(?!\s*\d)"
)
_LAT = re.compile(
    r"(?:纬度|北纬|(?<![A-Z])(?:LATITUDE|LAT|N))[\s\"']*[:=]?\s*(\d{1,2}(?:\.\d+)?)"
    r"(?![\d.])\s*[°度]?(?!\s*\d)"
)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_PEOPLE = re.compile(r"(人次|人|名|户|persons?|people)$")


def half_width(text: str) -> str:
    """Return `text` with half-width letters and digits, and without what nobody sees.

    Zero-width blanks, marks of direction and of the byte order come along when text is copied out
    of a page or a chat.
    """
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN)).strip()


def trimmed(text: str) -> str:
    """Return `text` without blanks around it, those included that nobody sees."""
    text = text.strip()
    if text and (ord(text[0]) in _UNSEEN or ord(text[-1]) in _UNSEEN):
        return text.strip("".join(map(chr, _UNSEEN))).strip()
    return text


def is_blank(value: Any) -> bool:
    """Return whether a cell says nothing: empty, a dash, 无, null."""
    if not isinstance(value, str):
        return value is None
    # Asked of every cell, so decided early.
    if len(value) > 5 and not value[0].isspace() and ord(value[0]) not in _UNSEEN:
        return False
    return half_width(value).casefold() in _BLANK


def is_example(value: Any) -> bool:
    """Return whether the number or the name of a row says that it only shows how to fill one in."""
    return isinstance(value, str) and len(value) < 9 and half_width(value).strip("()") in _EXAMPLE


def is_true(value: Any) -> bool:
    """Return whether a cell of a yes-or-no column says yes."""
    return str(value).strip().casefold() in _TRUE


def is_total(value: Any) -> bool:
    """Return whether a cell is the label of a row of sums: 合 计, 小计：12个, Total."""
    if not isinstance(value, str) or len(value) > 40:
        return False
    return _TOTAL.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", value))) is not None


def is_sum(value: Any) -> bool:
    """Return whether a cell is the Chinese label of a row of sums or means, whatever is beside it.

    合计, 鼓楼区小计, 总计（人）, 平均值 are; a place named 合计路站 is not, nor is a petrol station
    named Total, of which `is_total` is asked where there are no coordinates.
    """
    if not isinstance(value, str) or len(value) > 40 or _SUM_MARKS.isdisjoint(value):
        return False
    return _SUM.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", value))) is not None


def is_note(value: Any) -> bool:
    """Return whether a cell begins a remark about the sheet: 备注：…, 填表人：…, 审核：."""
    if not isinstance(value, str):
        return False
    text = unicodedata.normalize("NFKC", value[:60]).strip()
    return _NOTE.fullmatch(re.sub(r"[ \t]+", "", text)) is not None


def is_error(value: Any) -> bool:
    """Return whether a cell holds the error of a spreadsheet's formula: #N/A, #REF!."""
    if not isinstance(value, str) or not value.startswith("#") or len(value) > 14:
        return False
    return _ERROR.fullmatch(value.strip().casefold()) is not None


def is_formula(value: Any) -> bool:
    """Return whether a cell holds a formula in place of its value: =A1+1."""
    return isinstance(value, str) and value.startswith("=") and len(value) > 1


def degrees(value: Any) -> float:
    """Return an angle in degrees, NaN where `value` is not one.

    Understood beside plain numbers: full-width digits, ``118.79°``, ``118.79E``, ``东经118.79``,
    ``118°47'30"E``; west and south are negative.
    """
    return _angle(value)[0]


def position(value: Any, *, lat_first: bool = False) -> tuple[float, float] | None:
    """Return longitude and latitude in degrees from one cell, None where it holds no two numbers.

    Understood: ``118.79,32.04`` with any comma, semicolon, slash or blank between, in brackets or
    not, ``POINT (118.79 32.04)`` with or without height, and hemisphere marks, which decide the
    order where they are given; otherwise longitude is first unless `lat_first`.
    """
    if not isinstance(value, str) or len(value) > 200:
        return None
    text = half_width(value).upper()
    labelled = _labelled(text)
    if labelled is not None:
        return labelled
    text = re.sub(r"^(?:坐标|经纬度|GPS|位置):", "", text)
    text = re.sub(r"\s+(?=[EWNS°′'\"″](?![A-Z]))", "", text)
    wkt = re.fullmatch(r"(?:SRID=\d+;)?\s*POINT\s*(?:Z|M|ZM)?\s*\(([^()]*)\)", text)
    inner = wkt.group(1) if wkt else text.strip("()[]{}【】<> ")
    parts = [p for p in re.split(r"[,;、/\s]+", inner) if p]
    if len(parts) == 3 and not wkt and _plain(parts[2]) is not None:
        parts = parts[:2]  # a height, as KML and GPS devices write it
    if len(parts) != 2 and not (wkt and len(parts) in (3, 4)):
        return None
    (first, mark), (second, other) = _angle(parts[0]), _angle(parts[1])
    if mark in ("N", "S") or other in ("E", "W"):
        lat_first = True
    elif mark in ("E", "W") or other in ("N", "S") or wkt:
        lat_first = False
    if math.isnan(first) or math.isnan(second):
        return None
    return (second, first) if lat_first else (first, second)


def _labelled(text: str) -> tuple[float, float] | None:
    """Return longitude and latitude out of two numbers that say which they are, in any order."""
    lon, lat = _LON.findall(text), _LAT.findall(text)
    if len(lon) != 1 or len(lat) != 1 or re.search(r"\d", _LAT.sub("", _LON.sub("", text))):
        return None
    return float(lon[0]), float(lat[0])


def weight(value: Any) -> float:
    """Return a number of people, NaN where `value` is not one; the sign is not judged.

    Understood beside plain numbers: ``1,200``, ``１２００``, ``1200人``, ``1.2万``.
    """
    if isinstance(value, bool):
        return math.nan
    number = _plain(value)
    if number is not None:
        return number
    text = re.sub(r"\s+", "", half_width(str(value)[:60])).casefold().lstrip(_APOSTROPHES)
    text = _PEOPLE.sub("", text)
    factor = 10_000 if text.endswith("万") else 1
    text = text.removesuffix("万")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    number = _plain(text)
    return math.nan if number is None else number * factor


def each(read: Callable[[Any], float], cells: Iterable[Any]) -> NDArray[np.float64]:
    """Return ``read(cell)`` for each cell, which is called only for what is not a plain number."""
    numbers = []
    for cell in cells:
        try:
            number = float(cell) if type(cell) is str and "_" not in cell else math.nan
        except ValueError:
            number = math.nan
        numbers.append(number if math.isfinite(number) else read(cell))
    return np.array(numbers, np.float64)


def _plain(value: Any) -> float | None:
    """Return a number that float() knows, NaN where it is not finite, None where it is not one."""
    if isinstance(value, str) and "_" in value:  # float() takes 1_000, which nobody means
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else math.nan


def _angle(value: Any) -> tuple[float, str]:
    """Return an angle in degrees and its hemisphere mark (E, W, N, S or nothing)."""
    if isinstance(value, bool):
        return math.nan, ""
    number = _plain(value)
    if number is not None:
        return number, ""
    text = re.sub(r"(?<=\d)。", ".", half_width(str(value)[:60])).lstrip(_APOSTROPHES)
    for word, letter in _HEMISPHERES.items():
        text = text.replace(word, letter)
    text = re.sub(r"[\s,;、.]+$", "", re.sub(r"\s+", "", text)).upper().replace("−", "-")
    found = _ANGLE.fullmatch(text.replace("O", "o"))
    if found is None:
        return math.nan, ""
    part = {k: float(found[k] or 0) for k in "dms"}
    if part["m"] >= 60 or part["s"] >= 60:
        return math.nan, ""
    mark = found["before"] or found["after"] or ""
    size = part["d"] + part["m"] / 60 + part["s"] / 3600
    return (-size if found["sign"] == "-" or mark in ("W", "S") else size), mark
