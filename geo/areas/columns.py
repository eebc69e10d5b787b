"""Which heading of an area file means what, in Chinese and English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.areas.schema import Remark
from geo.points.cells import is_true
from geo.points.columns import fold
from geo.vector.text import clip

__all__ = ["ALIASES", "FLAGS", "marked", "recognise"]

ALIASES: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "编号", "区域编号", "编码", "代码", "区划代码", "行政区划代码", "adcode", "code"),
        *("areaid", "areacode", "xzqdm", "gid", "uid", "uuid"),
    ),
    "name": (
        *("name", "名称", "区域名称", "namezh", "中文名", "行政区名称", "行政区划名称", "xzqmc"),
        *("区名", "街道名称", "社区名称", "园区名称", "单位名称", "areaname", "title", "label"),
        *("街道", "社区", "园区", "nameen", "英文名称"),
    ),
    "level": (
        *("level", "层级", "级别", "类型", "区域层级", "区域级别", "区域类型", "行政级别"),
        *("区划级别", "arealevel", "areatype", "adminlevel", "type", "kind", "类别"),
    ),
    "union": (
        *("union", "所属工会", "工会", "上级工会", "工会组织", "工会名称", "主管工会"),
        *("所属工会名称", "unionname", "tradeunion"),
    ),
}
"""Headings by role, the better first; compared folded (half width, lower case, no blanks)."""

FLAGS = {
    "schematic_areas": {"schematic", "示意", "是否示意"},
    "sample": {"sample", "issample", "示例", "样本", "是否示例", "是否样本"},
}
"""Yes-or-no headings (folded) by what must be said where one says yes."""

_LONGEST = 100
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")


def recognise(headings: Sequence[str]) -> tuple[dict[str, str], list[Remark]]:
    """Return the heading of each role that is there, and a warning where there was a choice.

    A heading that is an alias as it stands goes before one that is so without its brackets, then
    the order of the aliases decides, then left before right. No heading serves twice.
    """
    found: dict[str, str] = {}
    warnings: list[Remark] = []
    for role, aliases in ALIASES.items():
        ranks = {alias: i for i, alias in enumerate(aliases)}
        candidates = []
        for place, heading in enumerate(headings):
            if len(heading) > _LONGEST or heading in found.values():
                continue
            whole, bare = fold(heading), fold(_without_brackets(heading))
            for trimmed, text in enumerate((whole, bare)):
                if text in ranks:
                    candidates.append((trimmed, ranks[text], place, heading))
                    break
        candidates.sort()
        if not candidates:
            continue
        found[role] = candidates[0][-1]
        if role == "level" and len(candidates) > 1:
            others = ", ".join(clip(c[-1]) for c in candidates[1:4])
            warnings.append(("ambiguous_column", {"chosen": clip(found[role]), "others": others}))
    return found, warnings


def _without_brackets(heading: str) -> str:
    return _BRACKETED.sub("", unicodedata.normalize("NFKC", heading))


def marked(frame: pd.DataFrame, flag: str) -> NDArray[np.bool_]:
    """Return which rows say of themselves what `flag`, a key of `FLAGS`, means."""
    found = np.zeros(len(frame), dtype=bool)
    for heading in frame.columns:
        if fold(str(heading)) in FLAGS[flag]:
            found |= frame[heading].map(is_true).to_numpy(dtype=bool)
    return found
