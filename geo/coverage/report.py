"""A coverage run in a few lines of text."""

from __future__ import annotations

from typing import Any

from geo import words
from geo.coverage.result import Coverage

__all__ = ["summary_lines"]


def summary_lines(coverage: Coverage, lang: str) -> list[str]:
    """Return the headline figures in `lang`, with their denominator."""
    summary = coverage.summary
    stations = summary["stations"]
    lines = [words.say("cli.coverage_stations", lang, **_numbers(stations))]
    lost = coverage.stations[coverage.stations["status"] == "not_used"]
    for code, count in stations["reasons"].items():
        params = lost.loc[lost["reason"] == code, "params"].iloc[0] or {}
        reason = words.say(f"reason.{code}", lang, **params)
        lines.append("  " + words.say("cli.coverage_not_used", lang, count=count, reason=reason))
    base = summary["denominator"]
    lines.append(
        words.say(
            f"cli.denominator_{base['kind']}",
            lang,
            total=base["total"],
            not_used=base["not_used"],
            unknown=base["places_of_unknown_demand"],
        )
    )
    if not base["total"]:
        return [*lines, words.say("cli.share_none", lang)]
    unit = coverage.request.unit
    for band in summary["bands"]:
        lines.append(
            "  " + words.say(f"cli.band_{unit}", lang, limit=band[unit], share=band["share"])
        )
    two = summary["two_in_reach"]
    text = words.say("cli.two_in_reach", lang, apart_m=two["apart_m"], share=two["share"])
    lines.append(f"  {text}")
    lines.append(words.say("cli.shuang15", lang, **summary["shuang15"]))
    lines.append(words.say("cli.gaps", lang, **summary["gaps"]))
    return lines


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not isinstance(value, dict)}
