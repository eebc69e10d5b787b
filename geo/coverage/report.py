"""A coverage run in a few lines of text."""

from __future__ import annotations

from typing import Any

from geo import words
from geo.coverage.by_area import within
from geo.coverage.result import Coverage

__all__ = ["area_lines", "summary_lines"]


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
    if stations["no_places"]:
        told = words.say("cli.coverage_no_places", lang, count=stations["no_places"])
        lines.append(f"  {told}")
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
    return lines + area_lines(coverage, lang)


def area_lines(coverage: Coverage, lang: str) -> list[str]:
    """Return per level of the areas how many there are and which are served least."""
    told = coverage.summary.get("areas")
    if told is None or coverage.areas is None:
        return []
    kind = coverage.summary["denominator"]["kind"]
    unit = "km" if kind == "street_km" else "demand"
    served = f"{within(coverage.request, -1)}_{unit}"
    lines = []
    for level in told["levels"]:
        label = level["level"] or words.say("areas.level_none", lang)
        counts = {name: level[name] for name in ("used", "outside_network", "not_used")}
        lines.append(words.say("areas.level", lang, level=label, **counts))
        lines += [
            "  "
            + words.say(
                f"areas.row_{kind}",
                lang,
                label=area["name"] or area["id"],
                total=area[kind],
                share=area["share"],
                left=area[f"left_{unit}"],
                stations=area["stations"],
            )
            for area in level["least_served"]
        ]
        rest = level["rest"]
        if rest[kind]:
            fields = {"total": rest[kind], "served": rest[served]}
            lines.append("  " + words.say(f"areas.rest_{kind}", lang, **fields))
    lost = coverage.areas[coverage.areas["status"] == "not_used"]
    for row in lost.head(10).to_dict("records"):
        reason = words.say(f"reason.{row['reason']}", lang, **row["params"])
        lines.append(words.say("areas.not_used", lang, id=row["area_id"], reason=reason))
    for remark in told["warnings"]:
        text = words.say(f"warning.{remark['code']}", lang, **remark["params"])
        lines.append(words.say("areas.warning", lang, text=text))
    return lines


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not isinstance(value, dict)}
