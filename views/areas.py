"""The table of reporting areas on a page: one level of a result at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from geo import words
from geo.areas.levels import level_name
from geo.coverage import Coverage
from geo.coverage.by_area import within

__all__ = ["area_table", "draw", "levels"]

_FIGURES = (
    "demand",
    "street_km",
    "share",
    "two_in_reach_share",
    "served_mean_minutes",
    "left",
    "stations",
    "stations_per_10k_demand",
    "gaps",
    "area_km2",
)


def _say(key: str, lang: str, **fields: Any) -> str:
    return words.say(f"areas.{key}", lang, **fields)


def levels(result: Coverage) -> list[str]:
    """Return the levels of the areas in a result, none where it has no areas."""
    return [level["level"] for level in result.summary.get("areas", {}).get("levels", [])]


def area_table(result: Coverage, level: str, lang: str) -> pd.DataFrame:
    """Return the areas of a level, the one with most left unserved first, its rest last."""
    frame = pd.DataFrame(result.areas)
    frame = frame[frame["level"] == level]
    total, unit = ("demand", "demand") if "demand" in frame else ("street_km", "km")
    band = within(result.request, -1)
    left = frame[total] - frame[f"{band}_{unit}"]
    frame = frame.assign(left=left, share=frame[f"{band}_share"])
    place = frame["status"].map({"used": 0, "outside_network": 1, "rest": 2, "not_used": 3})
    frame = frame.assign(place=place).sort_values(
        ["place", "left"], ascending=[True, False], kind="stable", ignore_index=True
    )
    named = frame["name"].where(frame["name"].notna(), frame["area_id"])
    reason = [
        words.say(f"reason.{code}", lang, **params) if code else ""
        for code, params in zip(frame["reason"], frame["params"], strict=True)
    ]
    name = [
        text if status == "rest" else own
        for own, text, status in zip(named, reason, frame["status"], strict=True)
    ]
    table = pd.DataFrame({_say("name", lang): name, _say("union", lang): frame["union"].fillna("")})
    for column in _FIGURES:
        if column in frame:
            table[_heading(column, result, lang)] = frame[column]
    lost = frame["status"].isin(["outside_network", "not_used"])
    if lost.any():
        table[_say("reason", lang)] = [t if no else "" for t, no in zip(reason, lost, strict=True)]
    return table


def _heading(column: str, result: Coverage, lang: str) -> str:
    if column == "share":
        limit, unit = result.request.limits[-1], result.request.unit
        return _say(f"share_{unit}", lang, limit=limit)
    return _say(column, lang)


def draw(result: Coverage, lang: str) -> None:
    """Draw the table of the level that is chosen."""
    known = levels(result)
    chosen = known[0]
    if len(known) > 1:
        chosen = st.segmented_control(
            _say("choose_level", lang),
            known,
            default=known[0],
            format_func=lambda level: level_name(level, lang),
            key="area-level",
            required=True,
        )
    table = area_table(result, chosen, lang)
    formats = {"share": "percent", "two_in_reach_share": "percent", "area_km2": "%.2f",
               "served_mean_minutes": "%.1f", "stations_per_10k_demand": "%.1f",
               "street_km": "%.1f"}  # fmt: skip
    told = {_heading(column, result, lang): form for column, form in formats.items()}
    columns = {
        name: st.column_config.NumberColumn(format=form)
        for name, form in told.items()
        if name in table
    }
    st.dataframe(table, hide_index=True, column_config=columns, key="areas")
    st.caption(_say("rule", lang))
