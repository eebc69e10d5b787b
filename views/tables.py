"""Frames of a result → the columns that a page shows, with headings and words in a language."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geo import words
from geo.coverage import Coverage
from views.choice import hours_heading, kind_heading

__all__ = ["gap_table", "station_table", "unserved_table"]


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"table.{key}", lang, **fields)


def _status(frame: pd.DataFrame, lang: str) -> pd.Series[str]:
    return frame["status"].map(lambda code: _say(f"status_{code}", lang))


def _reason(frame: pd.DataFrame, lang: str) -> list[str]:
    return [
        words.say(f"reason.{code}", lang, **(params or {})) if code else ""
        for code, params in zip(frame["reason"], frame["params"], strict=True)
    ]


def station_table(result: Coverage, lang: str, *, with_areas: bool = True) -> pd.DataFrame:
    """Return every station: state, reason, hours, and the area of each of its circles."""
    frame = pd.DataFrame(result.stations.drop(columns="geometry"))
    table = pd.DataFrame({_say("name", lang): frame["name"]})
    kind, hours = kind_heading(frame), hours_heading(frame)
    if kind:
        texts = words.entries()
        table[_say("kind", lang)] = frame[kind].map(
            lambda word: texts.get(f"kind.{word}", {}).get(lang, word)
        )
    table[_say("status", lang)] = _status(frame, lang)
    table[_say("reason", lang)] = _reason(frame, lang)
    if with_areas:
        for heading, area in _areas(result, lang).items():
            table[heading] = frame["station_id"].map(area)
        table[_say("responsibility", lang)] = frame["responsibility_km2"]
    table[_say("access_m", lang)] = frame["access_m"]
    if hours:
        table[_say("hours", lang)] = frame[hours]
    table[_say("id", lang)] = frame["station_id"]
    return table


def _areas(result: Coverage, lang: str) -> dict[str, pd.Series[float]]:
    """Return by heading the area of each station's circle, km² by station id."""
    unit = result.request.unit
    circles = result.circles
    return {
        _say(f"area_{unit}", lang, limit=limit): circles[circles[unit] == limit].set_index(
            "station_id"
        )["area_km2"]
        for limit in result.request.limits
    }


def unserved_table(result: Coverage, lang: str) -> pd.DataFrame | None:
    """Return the demand that is not served, the most people first; None without demand."""
    if result.demand is None:
        return None
    frame = pd.DataFrame(result.demand.drop(columns="geometry"))
    frame = frame[frame["status"] != "served"]
    frame = frame.sort_values("demand", ascending=False, kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            _say("name", lang): frame["name"],
            _say("demand", lang): frame["demand"],
            _say("status", lang): _status(frame, lang),
            _say("reason", lang): _reason(frame, lang),
            _say("minutes", lang): frame["minutes"].where(frame["minutes"] < float("inf")).round(1),
            _say("id", lang): frame["place_id"],
        }
    )


def gap_table(result: Coverage, lang: str) -> pd.DataFrame:
    """Return the gaps, the heaviest first."""
    frame = pd.DataFrame(result.gaps.drop(columns="geometry"))
    columns = [c for c in ("rank", "demand", "street_km", "places", "area_km2") if c in frame]
    return frame[columns].rename(columns={name: _say(name, lang) for name in columns})
