"""The figures that a planner reads first, as cards of numbers with what they are shares of."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from geo import words
from geo.coverage import Coverage

__all__ = ["Figure", "cards", "denominator", "figures", "shuang15"]


@dataclass(frozen=True)
class Figure:
    """A number with its name, what it amounts to, and its share as a bar (0–1)."""

    label: str
    value: str
    note: str = ""
    share: float | None = None


def _percent(share: float | None, lang: str) -> str:
    return words.say("figure.none", lang) if share is None else f"{share:.1%}"


def _part(part: float, kind: str, lang: str) -> str:
    unit = "demand" if kind == "demand" else "street_km"
    return words.say(f"figure.of_{unit}", lang, part=part)


def figures(result: Coverage, lang: str) -> list[Figure]:
    """Return served per band, served by two, mean minutes and what is not served."""
    summary, unit = result.summary, result.request.unit
    base = summary["denominator"]
    found = [
        Figure(
            words.say(f"figure.band_{unit}", lang, limit=band[unit]),
            _percent(band["share"], lang),
            _part(band["served"], base["kind"], lang),
            band["share"],
        )
        for band in summary["bands"]
    ]
    last = summary["bands"][-1]
    lost = None if last["share"] is None else max(0.0, 1.0 - last["share"])
    found.append(
        Figure(
            words.say("figure.unserved", lang),
            _percent(lost, lang),
            _part(max(0.0, base["total"] - last["served"]), base["kind"], lang),
            lost,
        )
    )
    two = summary["two_in_reach"]
    found.append(
        Figure(
            words.say("figure.two", lang),
            _percent(two["share"], lang),
            words.say("figure.two_note", lang, apart_m=two["apart_m"]),
            two["share"],
        )
    )
    mean = summary["mean_minutes_of_served"]
    value = (
        words.say("figure.none", lang)
        if mean is None
        else words.say("figure.mean_value", lang, minutes=mean)
    )
    found.append(Figure(words.say("figure.mean", lang), value, words.say("figure.mean_note", lang)))
    return found


def shuang15(result: Coverage, lang: str) -> list[Figure]:
    """Return the three readings of 双15."""
    shares: dict[str, float | None] = result.summary["shuang15"]
    return [
        Figure(
            words.say(f"figure.{name}", lang),
            _percent(share, lang),
            words.say(f"figure.{name}_note", lang),
            share,
        )
        for name, share in shares.items()
    ]


def denominator(result: Coverage, lang: str) -> str:
    """Return the sentence that says what shares are of."""
    base: dict[str, Any] = result.summary["denominator"]
    text = words.say(
        f"figure.denominator_{base['kind']}", lang, total=base["total"], not_used=base["not_used"]
    )
    unknown = base["places_of_unknown_demand"]
    if not unknown:
        return text
    gap = "" if lang == "zh" else " "
    return text + gap + words.say("figure.denominator_unknown", lang, unknown=unknown)


def cards(found: list[Figure], style: str = "") -> str:
    """Return figures as HTML; every text in it is escaped."""
    rows = []
    for figure in found:
        bar = ""
        if figure.share is not None:
            width = 100.0 * min(max(figure.share, 0.0), 1.0)
            bar = f'<div class="ht-bar" aria-hidden="true"><i style="width:{width:.1f}%"></i></div>'
        rows.append(
            f"<div><dt>{escape(figure.label)}</dt><dd><b>{escape(figure.value)}</b>"
            f"{bar}<small>{escape(figure.note)}</small></dd></div>"
        )
    return f'<dl class="ht-cards {escape(style)}">{"".join(rows)}</dl>'
