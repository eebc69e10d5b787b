"""The fields that lists of union stations carry: their headings, and their values made uniform.

Keys and allowed words are those of docs/schema.md. What a cell says in the list's own words stays
in the list's own column; the field beside it holds the same as other programs can use it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from geo.points.cells import is_blank, is_true, weight

__all__ = ["FIELDS", "PRIVATE", "field_values"]

# Headings of each field, folded as `geo.points.columns.fold` does.
FIELDS: dict[str, tuple[str, ...]] = {
    "kind": (
        *("kind", "类型", "站点类型", "驿站类型", "阵地类型", "场所类型", "服务点类型", "类别"),
        *("站点类别", "种类", "属性"),
    ),
    "class": (
        *("class", "等级", "站点等级", "驿站等级", "站点规模", "规模", "级别", "站点级别"),
        *("站点标准", "建站标准", "规格", "站型"),
    ),
    "built": (
        *("built", "建设方式", "建设类型", "建设性质", "建设模式", "建设形式", "建站方式"),
        *("自建共建", "自建或共建", "共建方式", "共建自建", "建设类别"),
    ),
    "operator": (
        *("operator", "运营主体", "运营单位", "管理单位", "运营方", "运营管理单位", "依托单位"),
        *("共建单位", "承建单位", "建设单位", "责任单位", "主办单位", "建设主体", "管理主体"),
    ),
    "union": (
        *("union", "所属工会", "主管工会", "上级工会", "归属工会", "隶属工会", "所属区工会"),
        *("所在工会", "工会", "工会名称", "建设工会", "所属总工会", "区总工会"),
    ),
    "area_m2": (
        *("aream2", "面积", "面积m2", "建筑面积", "使用面积", "站点面积", "驿站面积"),
        *("场地面积", "室内面积", "实际面积"),
    ),
    "capacity": (
        *("capacity", "可容纳人数", "容纳人数", "容量", "接待人数", "可接待人数", "座位数"),
        *("容纳量",),
    ),
    "facilities": (
        *("facilities", "服务项目", "服务设施", "服务内容", "设施", "配套设施", "设施设备"),
        *("服务功能", "主要服务项目", "设备", "基本配置", "配置", "设备设施", "服务清单"),
    ),
    "hours_text": (
        *("hourstext", "开放时间", "服务时间", "开放时段", "营业时间", "服务时段", "运营时间"),
        *("开放服务时间", "工作时间", "开门时间", "hours", "openhours", "businesshours"),
    ),
    "opening_hours": ("openinghours", "开放时间(osm)", "osm开放时间", "开放时间osm"),
    "entry": ("entry", "进入方式", "进门方式", "开门方式", "准入方式"),
    "verified_on": (
        *("verifiedon", "核验日期", "核验时间", "核实日期", "核查日期", "核对日期", "最近核验"),
        *("最近核验日期", "更新日期"),
    ),
    "sample": ("sample", "issample", "示例", "样本", "是否示例", "是否样本"),
    "contact_person": (
        *("contactperson", "负责人", "站点负责人", "驿站负责人", "负责人姓名", "联系人"),
        *("管理员", "站长", "责任人", "联系人姓名", "经办人"),
    ),
    "contact_phone": (
        *("contactphone", "联系电话", "电话", "负责人电话", "联系人电话", "手机", "手机号"),
        *("手机号码", "联系方式", "电话号码", "负责人联系方式", "phone", "tel"),
    ),
    "photo": ("photo", "照片", "图片", "站点照片", "现场照片", "驿站照片", "image", "picture"),
}
PRIVATE = ("contact_person", "contact_phone")
"""Fields that name a person: recognised to be kept apart, never made into a column of ours."""

_CLASSES = {"标准": "标准站", "微型": "微型站", "流动": "流动站"}
_BUILT = {"自建": "自建", "共建": "共建"}
_SEPARATORS = re.compile(r"\s*[、,，;；|/\n]\s*")
_DAY = re.compile(r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:(?:[-/.]|月)(\d{1,2})日?|月)?(?:[ T].*)?")
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_SERIAL = re.compile(r"[345]\d{4}(\.\d+)?")  # 1982 to 2064 as Excel counts days
_EPOCH = date(1899, 12, 30)


def field_values(cells: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the fields of ours by key, one value a record, None where one is blank or unclear.

    Parameters
    ----------
    cells
        The cells of each role, as the sheet has them.

    Numbers for ``area_m2`` and ``capacity``, ISO 8601 days for ``verified_on``, True or False
    for ``sample``, text elsewhere. Where the list gives ``hours_text``, ``opening_hours`` is
    filled in from it by `geo.hours.from_text` as far as the text is understood, except in rows
    that give ``opening_hours`` themselves.
    """
    made = {
        role: [_value(role, cell) for cell in cells[role]]
        for role in FIELDS
        if role in cells and role not in PRIVATE
    }
    if "kind" in made:
        _by_content(made)
    if "hours_text" in made:
        _fill_hours(made)
    return {role: made[role] for role in FIELDS if role in made}


def _value(role: str, cell: Any) -> Any:
    if is_blank(cell):
        return None
    reader: Callable[[Any], Any] = _READERS.get(role, _text)
    return reader(cell)


def _text(cell: Any) -> str:
    return str(cell).strip()


def _area(cell: Any) -> float | None:
    text = re.sub(r"(平方米|平方|平米|m2|m²|㎡|约|左右|\s)", "", _half_width(cell))
    found = weight(text)
    return found if found >= 0 else None


def _capacity(cell: Any) -> int | None:
    text = re.sub(r"(人次|人|个|座位|座|位|约|左右|可容纳|\s)", "", _half_width(cell))
    found = weight(text)
    return int(found) if found >= 0 and found.is_integer() else None


def _half_width(cell: Any) -> str:
    return unicodedata.normalize("NFKC", str(cell)[:60]).casefold()


def _word(words: dict[str, str]) -> Callable[[Any], str]:
    """Return a reader that finds the one of `words` that a cell mentions, else keeps its text."""

    def read(cell: Any) -> str:
        text = _text(cell)
        found = {said for word, said in words.items() if word in text}
        return found.pop() if len(found) == 1 and len(text) <= 12 else text

    return read


def _facilities(cell: Any) -> str:
    """Return the words with 、 between; a JSON list, as GeoJSON has it, is kept."""
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
    if text.lstrip().startswith("["):
        return text
    return "、".join(word for word in _SEPARATORS.split(text.strip()) if word)


def _day(cell: Any) -> str | None:
    """Return a day as ISO 8601 text, a month where no day is told, None where it is neither."""
    text = _half_width(cell).strip()
    if _SERIAL.fullmatch(text):
        return (_EPOCH + timedelta(days=int(float(text)))).isoformat()
    found = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    if found[3] is None:
        return f"{year:04d}-{month:02d}" if 1 <= month <= 12 else None
    try:
        return date(year, month, int(found[3])).isoformat()
    except ValueError:
        return None


_READERS: dict[str, Callable[[Any], Any]] = {
    "area_m2": _area,
    "capacity": _capacity,
    "class": _word(_CLASSES),
    "built": _word(_BUILT),
    "facilities": _facilities,
    "verified_on": _day,
    "sample": is_true,
}


def _by_content(made: dict[str, list[Any]]) -> None:
    """Take a 类型 whose every word is a class, or a way of building, for what it says."""
    words = {word for word in made["kind"] if word is not None}
    for role in ("class", "built"):
        allowed = set((_CLASSES if role == "class" else _BUILT).values())
        read = _READERS[role]
        if role not in made and words and {read(word) for word in words} <= allowed:
            made[role] = [None if word is None else read(word) for word in made.pop("kind")]
            return


def _fill_hours(made: dict[str, list[Any]]) -> None:
    from geo.hours import from_text

    texts = made["hours_text"]
    given = made.get("opening_hours") or [None] * len(texts)
    known: dict[str, str | None] = {}
    filled = []
    for text, own in zip(texts, given, strict=True):
        if own is None and text is not None:
            if text not in known:
                known[text] = from_text(text).osm
            own = known[text]  # noqa: PLW2901
        filled.append(own)
    made["opening_hours"] = filled
