"""The import report: what was read, what was recognised, which rows are not usable and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from geo import words
from geo.points.cells import clip
from geo.points.schema import FAULT_CODES, PointTable

__all__ = ["as_dict", "describe", "fault_sentence"]


def describe(
    table: PointTable, lang: str, *, path: str = "", max_faults: int | None = 20
) -> list[str]:
    """Return the report as lines of text in `lang` (``zh`` or ``en``).

    `max_faults` faulty rows are told one by one and the rest counted; None tells them all.
    """

    def say(key: str, **fields: Any) -> str:
        return words.say(f"points.{key}", lang, **fields)

    usable, unusable = len(table.frame), len(table.unused)
    start = clip(path, 200) or table.kind
    counts = {"rows": table.rows, "usable": usable, "unusable": unusable}
    lines = [say(f"rows_{table.kind}", path=start, **counts)]
    if table.kind == "demand":
        lines.append(say("demand", **_demand(table)))
    lines.append(say("datum", datum=table.datum, encoding=table.encoding or "-"))
    if table.columns:
        found = "; ".join(
            say("column", role=say(f"role_{r}"), heading=clip(h)) for r, h in table.columns.items()
        )
        lines.append(say("columns", columns=found))
    else:
        lines.append(say("columns_none"))
    lines += _sheet_lines(table, lang)
    if table.crs is not None:
        lines.append(say("crs", crs=table.crs))
    if len(table):
        lines.append(say("extent", **_extent(table)))
    lines += [say(f"flag_{flag}") for flag in table.flags]
    lines += [
        say("warning", text=words.say(f"warning.{code}", lang, **fields))
        for code, fields in table.warnings
    ]
    return lines + _fault_lines(table, lang, max_faults)


def fault_sentence(code: str, params: dict[str, Any], lang: str) -> str:
    """Return why a row cannot be used, as a clause without a full stop."""
    return words.say(f"reason.{code}", lang, **params)


def as_dict(table: PointTable, lang: str = "en") -> dict[str, Any]:
    """Return the report as plain values for JSON; codes are stable, sentences are in `lang`."""
    faults = [
        {
            "id": fault["id"],
            "sheet": fault["sheet"],
            "row": int(fault["row"]),
            "name": fault["name"],
            "code": fault["code"],
            "params": fault["params"],
            "sentence": fault_sentence(fault["code"], fault["params"], lang),
        }
        for fault in table.faults.to_dict("records")
    ]
    warnings = [
        {"code": code, "params": fields, "sentence": words.say(f"warning.{code}", lang, **fields)}
        for code, fields in table.warnings
    ]
    report = {
        "kind": table.kind,
        "datum": table.datum,
        "encoding": table.encoding,
        "digest": table.digest,
        "rows": table.rows,
        "usable": len(table.frame),
        "unusable": len(table.unused),
        "fault_counts": _counts(table),
        "columns": dict(table.columns),
        "flags": list(table.flags),
        "extent_wgs84": list(_extent(table).values()) or None,
        "crs": table.crs,
        "sheets": [asdict(sheet) for sheet in table.sheets],
        "warnings": warnings,
        "faults": faults,
    }
    return {**report, "demand": _demand(table)} if table.kind == "demand" else report


def _sheet_lines(table: PointTable, lang: str) -> list[str]:
    """Return a line for each sheet: read, or left out and why."""
    lines = []
    for sheet in table.sheets:
        fields = {"name": clip(sheet.name), "rows": sheet.rows}
        if sheet.read:
            lines.append(words.say("points.sheet_read", lang, **fields))
        else:
            reason = words.say(f"points.sheet_{sheet.reason}", lang)
            lines.append(words.say("points.sheet_left", lang, reason=reason, **fields))
    return lines


def _counts(table: PointTable) -> dict[str, int]:
    counts = Counter(table.faults["code"])
    return {code: counts[code] for code in FAULT_CODES if counts[code]}


def _demand(table: PointTable) -> dict[str, float | int]:
    """Return people at usable rows, people at unusable ones, and rows of unknown demand."""
    unused = table.unused["demand"].to_numpy(np.float64)
    return {
        "used": float(table.frame["demand"].sum()),
        "unused": float(np.nansum(unused)),
        "unknown": int(np.isnan(unused).sum()),
    }


def _extent(table: PointTable) -> dict[str, float]:
    if not len(table):
        return {}
    sides = table.frame.total_bounds.round(7).tolist()
    return dict(zip(("west", "south", "east", "north"), sides, strict=True))


def _fault_lines(table: PointTable, lang: str, limit: int | None) -> list[str]:
    lines = [
        words.say("points.fault_count", lang, code=code, count=count)
        for code, count in _counts(table).items()
    ]
    shown = table.faults if limit is None else table.faults.head(limit)
    for fault in shown.to_dict("records"):
        reason = fault_sentence(fault["code"], fault["params"], lang)
        label = clip(fault["name"] or fault["id"])
        told = {"row": fault["row"], "label": label, "reason": reason}
        if fault["sheet"] is None:
            lines.append(words.say("points.fault", lang, **told))
        else:
            lines.append(words.say("points.fault_in", lang, sheet=clip(fault["sheet"]), **told))
    rest = len(table.faults) - len(shown)
    return lines + ([words.say("points.more", lang, count=rest)] if rest else [])
