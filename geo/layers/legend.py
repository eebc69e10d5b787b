"""Our own legend as HTML: inline styles and SVG only, so that it reads the same everywhere."""

from __future__ import annotations

from typing import Any

from geo import words
from geo.areas.levels import level_name
from geo.coverage.result import Coverage
from geo.layers.inert import inert
from geo.layers.marks import (
    GAPS_RANKED,
    SITE_SYMBOLS,
    area_styles,
    band_styles,
    gap_styles,
    station_style,
)

__all__ = ["legend_html"]


def legend_html(
    result: Coverage,
    *,
    lang: str,
    with_sites: bool = False,
    bands: tuple[int, ...] | None = None,
) -> str:
    """Return the legend of `geo.layers.maps.coverage_map` as one ``<div>``.

    Parameters
    ----------
    lang
        ``zh`` or ``en``.
    with_sites
        The map shows heritage sites.
    bands
        The bands drawn, as given to the map.
    """
    parts = [_flags(result, lang), _bands(result, lang, bands), _gaps(result, lang),
             _areas(result, lang), _stations(result, lang)]  # fmt: skip
    if with_sites:
        parts.append(_sites(lang))
    body = "".join(part for part in parts if part)
    return f'<div class="ht-legend" style="font-size:13px;line-height:1.5">{body}</div>'


def _flags(result: Coverage, lang: str) -> str:
    known = words.entries()
    texts = [
        words.say(f"flag.{flag}", lang) if f"flag.{flag}" in known else flag
        for flag in result.flags
    ]
    return "".join(
        '<p role="note" style="margin:0 0 6px;padding:5px 9px;background:#FFF1C9;color:#4A3500;'
        'border-left:4px solid #E69F00;border-radius:3px;overflow-wrap:anywhere">'
        f"<b>{inert(_capital(text))}</b></p>"
        for text in texts
    )


def _bands(result: Coverage, lang: str, bands: tuple[int, ...] | None) -> str:
    frame = result.dissolved
    unit = result.request.unit
    rows = []
    styles = band_styles(len(frame))
    areas = frame["area_km2"].tolist()
    for position, limit in enumerate(frame[unit].tolist()):
        if bands is not None and position not in bands:
            continue
        text = words.say(f"style.within_{unit}", lang, value=f"{limit:g}")
        told = words.say("layers.with_area", lang, text=text, area=areas[position])
        rows.append(_row(_patch(styles[position]), told))
    return _group(words.say("layers.minutes_on_foot", lang), rows)


def _gaps(result: Coverage, lang: str) -> str:
    count = int(result.summary.get("gaps", {}).get("found", len(result.gaps)))
    title = words.say("layers.gaps", lang)
    if not count:
        return _group(title, [_row("", words.say("layers.gaps_none", lang))])
    styles = gap_styles()
    top = min(GAPS_RANKED, count)
    rows = [_row(_patch(styles["gap2"]), words.say("layers.gaps_ranked", lang, count=top))]
    if count > GAPS_RANKED:
        key = "layers.gaps_rest" if count == len(result.gaps) else "layers.gaps_some"
        told = words.say(key, lang, count=count, drawn=len(result.gaps))
        rows.append(_row(_patch(styles[f"gap{GAPS_RANKED + 1}"]), told))
    return _group(title, rows)


def _areas(result: Coverage, lang: str) -> str:
    levels = [level for level in result.summary.get("areas", {}).get("levels", []) if level["used"]]
    styles = area_styles(len(levels))
    rows = [
        _row(
            _patch(style),
            words.say(
                "layers.count",
                lang,
                text=level_name(level["level"], lang),
                count=f"{level['used']:,}",
            ),
        )
        for level, style in zip(levels, styles.values(), strict=True)
    ]
    return _group(words.say("layers.areas", lang), rows)


def _stations(result: Coverage, lang: str) -> str:
    counts = result.stations["status"].value_counts()
    order = ["used", *sorted(str(s) for s in counts.index if s != "used")]
    rows = []
    for status in order:
        count = int(counts.get(status, 0))
        if not count:
            continue
        key = f"style.status_{status}"
        text = words.say(key, lang) if key in words.entries() else status
        told = words.say("layers.count", lang, text=text, count=f"{count:,}")
        rows.append(_row(_dot(station_style(status, 5.5)), told))
    return _group(words.say("layers.stations", lang), rows)


def _sites(lang: str) -> str:
    rows = [
        _row(SITE_SYMBOLS["site"], words.say("layers.site_sourced", lang)),
        _row(SITE_SYMBOLS["site_estimated"], words.say("layers.site_estimated", lang)),
    ]
    return _group(words.say("layers.sites", lang), rows)


def _group(title: str, rows: list[str]) -> str:
    if not rows:
        return ""
    return (
        f'<div style="margin:0 0 8px"><div style="font-weight:600">{inert(title)}</div>'
        f"{''.join(rows)}</div>"
    )


def _row(symbol: str, text: str) -> str:
    return (
        '<div style="display:flex;align-items:center;gap:8px">'
        f'<span style="flex:0 0 26px;display:inline-flex;justify-content:center">{symbol}</span>'
        f"<span>{inert(text)}</span></div>"
    )


def _svg(body: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" aria-hidden="true">{body}</svg>'
    )


def _patch(style: dict[str, Any]) -> str:
    """An area: on the paper of the map, so that the colour is the same in a dark page."""
    dash = f' stroke-dasharray="{style["dashArray"]}"' if "dashArray" in style else ""
    return _svg(
        '<rect width="26" height="14" fill="#F6F5F2"/>'
        f'<rect x="1" y="1" width="24" height="12" fill="{style["fillColor"]}" '
        f'fill-opacity="{style["fillOpacity"]}" stroke="{style["color"]}" '
        f'stroke-width="{style["weight"]}"{dash}/>',
        26,
        14,
    )


def _dot(style: dict[str, Any]) -> str:
    return _svg(
        f'<circle cx="8" cy="8" r="{style["radius"]}" fill="{style["fillColor"]}" '
        f'stroke="{style["color"]}" stroke-width="{style["weight"]}"/>',
        16,
        16,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
