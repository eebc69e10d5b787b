"""Rows of a result → features of the map: what is drawn, and what its tooltip says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import words
from geo.coverage.result import Coverage
from geo.layers.inert import inert, inert_record
from geo.layers.marks import gap_key
from geo.layers.shapes import line_features, polygon_features, thin_lines

__all__ = ["area_features", "band_features", "gap_features", "site_features", "station_features"]

_LEAST_KM2 = 0.005
_KIND = ("kind", "类型", "站点类型", "类别")
_HOURS = ("hours_text", "开放时间", "服务时间", "opening_hours")
_ADDRESS = ("address", "地址", "详细地址")
_STATION = ("name", "station_id", "status", "reason", "params", "responsibility_km2")
_SITE = ("name", "name_zh", "name_en", "id", "address", "coordinate_status", "accuracy_m")


def area_features(result: Coverage) -> list[str]:
    """Return the outlines of the reporting areas; ``k`` is ``area<position of the level>``."""
    if result.areas is None:
        return []
    frame = result.areas[result.areas["status"] == "used"]
    position = {level: i for i, level in enumerate(dict.fromkeys(frame["level"]))}
    told = [{"k": f"area{position[level]}"} for level in frame["level"]]
    return line_features(thin_lines(frame.geometry.to_numpy()), told)


def band_features(result: Coverage, bands: tuple[int, ...] | None) -> list[str]:
    """Return the dissolved bands, whole, the largest first; ``k`` is ``band<position>``.

    Parameters
    ----------
    bands
        Positions in ``result.dissolved`` (0: the nearest) to draw; None: all.
    """
    shapes = result.dissolved.geometry.to_numpy()
    drawn = sorted(set(range(len(shapes)) if bands is None else bands), reverse=True)
    return polygon_features(shapes[drawn], [{"k": f"band{position}"} for position in drawn])


def gap_features(result: Coverage, lang: str) -> list[str]:
    """Return the gaps, the worst last and so on top."""
    gaps = result.gaps.iloc[::-1]
    weight = "street_km" if "street_km" in gaps.columns else "demand"
    unit = "layers.km" if weight == "street_km" else "layers.people"
    rows = zip(*(gaps[name].tolist() for name in ("rank", weight, "area_km2")), strict=True)
    told = [
        {
            "k": gap_key(int(rank)),
            **_shown(
                {
                    "title": words.say("layers.gap_title", lang, rank=rank),
                    "weight": words.say(unit, lang, value=amount),
                    "area": _area(area, lang),
                }
            ),
        }
        for rank, amount, area in rows
    ]
    return polygon_features(gaps.geometry.to_numpy(), told)


def station_features(result: Coverage, lang: str) -> list[str]:
    """Return every station with a position, those that count last and so on top."""
    frame = result.stations
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    frame = frame.iloc[np.argsort((frame["status"] == "used").to_numpy(), kind="stable")]
    own = {
        "kind": _first_of(frame, _KIND),
        "hours": _first_of(frame, _HOURS),
        "address": _first_of(frame, _ADDRESS),
    }
    shown = []
    for at, row in enumerate(_records(frame, _STATION)):
        status = str(row["status"])
        told = {
            "title": _title(row.get("name"), row["station_id"], lang),
            "status": _status(status, lang),
            "reason": _reason(row, lang),
            **{key: values[at] for key, values in own.items()},
        }
        if status == "used":
            told["area"] = _area(row.get("responsibility_km2"), lang)
        shown.append({"k": inert(status), **_shown(told)})
    return line_features(frame.geometry.to_numpy(), shown)


def site_features(sites: gpd.GeoDataFrame, lang: str) -> list[str]:
    """Return the sites that have a position."""
    frame = sites[sites.geometry.notna() & ~sites.geometry.is_empty]
    shown = []
    for row in _records(frame, _SITE):
        guessed = str(row.get("coordinate_status", "")) == "estimated"
        name = _text(row.get(f"name_{lang}")) or _text(row.get("name"))
        told = {
            "title": _title(name, row.get("id", ""), lang),
            "address": _text(row.get("address")),
            "position": _guess(row, lang) if guessed else "",
        }
        kind = "site_estimated" if guessed else "site"
        shown.append({"k": kind, **_shown(told)})
    return line_features(frame.geometry.to_numpy(), shown)


def _records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows as mappings of those of `columns` that are there."""
    found: list[dict[str, Any]] = frame[[c for c in columns if c in frame]].to_dict("records")
    return found


def _shown(told: dict[str, str]) -> dict[str, str]:
    return inert_record({key: text for key, text in told.items() if text})


def _title(name: Any, row_id: Any, lang: str) -> str:
    return _text(name) or words.say("layers.nameless", lang, id=_text(row_id))


def _area(km2: Any, lang: str) -> str:
    """Return an area for people; nothing where it is unknown or would read as zero."""
    return words.say("layers.km2", lang, value=km2) if km2 and km2 >= _LEAST_KM2 else ""


def _status(status: str, lang: str) -> str:
    key = f"style.status_{status}"
    return words.say(key, lang) if key in words.entries() else status


def _reason(row: dict[str, Any], lang: str) -> str:
    code, params = _text(row.get("reason")), row.get("params")
    if not code:
        return ""
    return words.say(f"reason.{code}", lang, **(params if isinstance(params, dict) else {}))


def _guess(row: dict[str, Any], lang: str) -> str:
    accuracy = pd.to_numeric(row.get("accuracy_m"), errors="coerce")
    if pd.isna(accuracy):
        return words.say("layers.position_estimated_bare", lang)
    return words.say("layers.position_estimated", lang, accuracy=float(accuracy))


def _first_of(frame: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    """Return the column called by the first of `names` that is there, as text."""
    for name in names:
        if name in frame.columns:
            return [_text(value) for value in frame[name]]
    return [""] * len(frame)


def _text(value: Any) -> str:
    return "" if value is None or (np.isscalar(value) and pd.isna(value)) else str(value)
