"""Rows of a result → features of the map: what is drawn, and what its tooltip says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import words
from geo.coverage.result import Coverage
from geo.layers.inert import inert, inert_record
from geo.layers.marks import gap_key
from geo.layers.shapes import feature, simple

__all__ = ["band_features", "gap_features", "site_features", "station_features"]

_KIND = ("kind", "类型", "站点类型", "类别")
_HOURS = ("hours_text", "开放时间", "服务时间", "opening_hours")
_ADDRESS = ("address", "地址", "详细地址")


def band_features(result: Coverage, bands: tuple[int, ...] | None, rings: bool) -> list[str]:
    """Return the dissolved bands, the largest first; ``k`` is ``band<position>``.

    Parameters
    ----------
    bands
        Positions in ``result.dissolved`` (0: the nearest) to draw; None: all.
    rings
        Cut each band's nearer neighbour out of it, so that no ground is coloured twice.
    """
    shapes = simple(result.dissolved.geometry.to_numpy())
    chosen = sorted(set(range(len(shapes)) if bands is None else bands))
    found = []
    inner = None
    for position in chosen:
        shape = shapes[position]
        drawn = shape if inner is None or not rings else shapely.difference(shape, inner)
        inner = shape
        if not shapely.is_empty(drawn):
            found.append(feature(drawn, {"k": f"band{position}"}))
    return found[::-1]


def gap_features(result: Coverage, lang: str) -> list[str]:
    """Return the gaps, the worst last and so on top."""
    gaps = result.gaps
    if not len(gaps):
        return []
    weight = "street_km" if "street_km" in gaps.columns else "demand"
    unit = "layers.km" if weight == "street_km" else "layers.people"
    shapes = simple(gaps.geometry.to_numpy())
    found = []
    rows = zip(gaps["rank"].tolist(), gaps[weight].tolist(), gaps["area_km2"].tolist(), shapes,
               strict=True)  # fmt: skip
    for rank, amount, area, shape in rows:
        if shapely.is_empty(shape):
            continue
        told = {
            "title": words.say("layers.gap_title", lang, rank=rank),
            "weight": words.say(unit, lang, value=amount),
            "area": words.say("layers.km2", lang, value=area),
        }
        found.append(feature(shape, {"k": gap_key(int(rank)), **inert_record(told)}))
    return found[::-1]


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
    found = []
    for at, row in enumerate(frame.to_dict("records")):
        status = str(row["status"])
        told = {
            "title": _title(row.get("name"), row["station_id"], lang),
            "status": _status(status, lang),
            "reason": _reason(row, lang),
            **{key: values[at] for key, values in own.items()},
        }
        area = row.get("responsibility_km2")
        if status == "used" and area is not None and area == area:  # noqa: PLR0124
            told["area"] = words.say("layers.km2", lang, value=area)
        features = {"k": inert(status), **_shown(told)}
        found.append(feature(row["geometry"], features))
    return found


def site_features(sites: gpd.GeoDataFrame, lang: str) -> list[str]:
    """Return the sites that have a position."""
    frame = sites[sites.geometry.notna() & ~sites.geometry.is_empty]
    found = []
    for row in frame.to_dict("records"):
        guessed = str(row.get("coordinate_status", "")) == "estimated"
        name = _text(row.get(f"name_{lang}")) or _text(row.get("name"))
        told = {
            "title": _title(name, row.get("id", ""), lang),
            "address": _text(row.get("address")),
            "position": _guess(row, lang) if guessed else "",
        }
        kind = "site_estimated" if guessed else "site"
        found.append(feature(row["geometry"], {"k": kind, **_shown(told)}))
    return found


def _shown(told: dict[str, str]) -> dict[str, str]:
    return inert_record({key: text for key, text in told.items() if text})


def _title(name: Any, row_id: Any, lang: str) -> str:
    return _text(name) or words.say("layers.nameless", lang, id=_text(row_id))


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
