"""The sheet as one PNG for a chat message: title, warnings, map, stops by the clock, QR code.

It is laid out as SVG and drawn by resvg with one font of the system, so no browser is needed and
the same route gives the same picture on the same system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo import words
from geo.credits import credited, in_language
from geo.exports import Provenance
from routes.sheets.content import content_of, spoken_minutes
from routes.sheets.day import Pause, SheetContent, Stop, Way
from routes.sheets.drawing import MAP_WIDTH, Drawing, escaped, legend_svg, map_of
from routes.sheets.fonts import Font, find_font
from routes.sheets.links import QrCode
from routes.visits import clock

__all__ = ["Picture", "picture_of"]

WIDTH = 1080
_INNER = MAP_WIDTH
_EDGE = (WIDTH - _INNER) / 2
_QR = 190.0
# Words and single Chinese letters, with the marks that may not begin or end a line beside them.
_TOKENS = re.compile(
    r"[（《“(]*(?:[A-Za-z0-9À-ɏ'’.,:;/()–—-]+|\S)[，。；：！？）》”、),.;:]*\s*|\s+", re.DOTALL
)


@dataclass(frozen=True)
class Picture:
    """A PNG, its language (English where the system has no Chinese font), and letters it lacks."""

    png: bytes
    lang: str
    family: str
    lacking: str


def picture_of(
    content: SheetContent,
    provenance: Provenance,
    code: QrCode,
    drawn: Drawing,
    font: Font | None = None,
) -> Picture | None:
    """Return the sheet as a picture 1080 pixels wide; None where the system has no font.

    Parameters
    ----------
    drawn
        The map, from `map_of` in the content's language.
    font
        The best of the system by default.

    Letters that the font lacks become question marks and are told, never boxes.
    """
    font = find_font() if font is None else font
    if font is None:
        return None
    if content.lang == "zh" and not font.chinese:
        content = content_of(content.route, "en")
        drawn = map_of(content, provenance.attribution)
    page = _Page(font)
    _head(page, content)
    page.place(drawn.svg, drawn.height)
    _legend(page, content)
    _shown(page, content)
    _timetable(page, content)
    _groups(page, content)
    _warnings(page, content)
    _foot(page, content, provenance, code)
    svg = page.svg()
    lacking = font.lacking("".join(re.findall(r"[^\x00-\x7f]", svg)))
    if lacking:
        svg = svg.translate(dict.fromkeys(map(ord, lacking), "?"))
    return Picture(_drawn(svg, font), content.lang, font.family, lacking)


def _drawn(svg: str, font: Font) -> bytes:
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, background="#ffffff", skip_system_fonts=True,
            font_files=list(font.files), font_family=font.family, sans_serif_family=font.family,
        )
    )  # fmt: skip


class _Page:
    """A column of SVG that grows downwards."""

    def __init__(self, font: Font) -> None:
        self.font = font
        self.y = _EDGE
        self.parts: list[str] = []

    def text(
        self, text: str, size: float, *, x: float = _EDGE, right: float = WIDTH - _EDGE,
        bold: bool = False, fill: str = "#000",
    ) -> None:  # fmt: skip
        """Add a text, wrapped before `right`."""
        for line in self.wrapped(text, size, right - x, bold):
            self.y += size * 1.36
            weight = ' font-weight="700"' if bold else ""
            self.parts.append(
                f'<text x="{x:g}" y="{self.y - size * 0.36:.1f}" font-size="{size:g}" '
                f'fill="{fill}"{weight}>{escaped(line)}</text>'
            )

    def wrapped(self, text: str, size: float, width: float, bold: bool = False) -> list[str]:
        """Return the lines of a text that are no wider than `width`."""
        scale = 1.06 if bold else 1.0  # bold letters of other scripts are a little wider
        lines = [""]
        for token in _TOKENS.findall(text):
            if lines[-1] and self.font.width(lines[-1] + token.rstrip(), size) * scale > width:
                lines.append("")
            lines[-1] += token if lines[-1] else token.lstrip()
        return [line.rstrip() for line in lines if line.strip()]

    def gap(self, units: float) -> None:
        """Leave room."""
        self.y += units

    def place(self, svg: str, height: float, x: float = _EDGE) -> None:
        """Add a drawing."""
        self.parts.append(f'<g transform="translate({x:g} {self.y:.1f})">{svg}</g>')
        self.y += height

    def svg(self) -> str:
        """Return the whole page."""
        height = round(self.y + _EDGE)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}">{"".join(self.parts)}</svg>'
        )


def _head(page: _Page, content: SheetContent) -> None:
    page.text(content.title, 46, bold=True)
    page.gap(6)
    page.text(" · ".join(content.facts), 26, fill="#222")
    page.gap(12)
    if content.flags:
        top = page.y
        page.gap(10)
        for _, text in content.flags:
            page.text(f"! {text}", 24, x=_EDGE + 16, right=WIDTH - _EDGE - 16, bold=True)
        page.gap(12)
        height = page.y - top
        page.parts.append(
            f'<rect x="{_EDGE:g}" y="{top:.1f}" width="{_INNER:g}" height="{height:.1f}" '
            'fill="none" stroke="#000" stroke-width="3"/>'
        )
    page.gap(18)


def _legend(page: _Page, content: SheetContent) -> None:
    page.gap(10)
    x = _EDGE
    for mode in dict.fromkeys(way.mode for way in content.legs):
        text = words.say(f"sheet.mode_{mode}", content.lang)
        page.parts.append(
            f'<g transform="translate({x:.1f} {page.y + 8:.1f})">{legend_svg(mode, 70)}</g>'
            f'<text x="{x + 80:.1f}" y="{page.y + 21:.1f}" font-size="22">{escaped(text)}</text>'
        )
        x += 80 + page.font.width(text, 22) + 36
    page.gap(44)


def _timetable(page: _Page, content: SheetContent) -> None:
    for at, stop in enumerate(content.stops):
        _pauses(page, content, content.pauses_at(at, before=True))
        _stop(page, content, stop)
        _pauses(page, content, content.pauses_at(at, before=False))
        for way in content.ways[at] if at < len(content.ways) else ():
            _way(page, way)


def _shown(page: _Page, content: SheetContent) -> None:
    """Say whose day follows, where there are several groups."""
    if content.days:
        day = content.days[0]
        span = f"{clock(day.stops[0].arrive)}–{clock(day.stops[-1].leave)}"
        page.text(words.say("groups.of", content.lang, group=day.group, text=span), 29, bold=True)
        page.text(words.say("groups.shown", content.lang), 23)
        page.gap(10)


def _groups(page: _Page, content: SheetContent) -> None:
    """List how the groups are kept apart, and the order and times of the others."""
    if not content.days:
        return
    page.gap(12)
    page.text(words.say("sheet.groups", content.lang), 26, bold=True)
    for text in (*content.groups, *(day.line for day in content.days)):
        page.text(f"• {text}", 22)


def _pauses(page: _Page, content: SheetContent, pauses: tuple[Pause, ...]) -> None:
    for pause in pauses:
        span = spoken_minutes(pause.minutes, content.lang)
        told = words.say("sheet.pause", content.lang, minutes=span)
        page.text(f"{clock(pause.begin)}  {told}", 24, x=_EDGE + 64)
        page.gap(6)


def _stop(page: _Page, content: SheetContent, stop: Stop) -> None:
    cy = page.y + 22
    fill, ink = ("#fff", "#000") if stop.number else ("#000", "#fff")
    dashes = ' stroke-dasharray="6 4"' if stop.estimated else ""
    page.parts.append(
        f'<circle cx="{_EDGE + 24:g}" cy="{cy:.1f}" r="21" fill="{fill}" stroke="#000" '
        f'stroke-width="3"{dashes}/><text x="{_EDGE + 24:g}" y="{cy + 9:.1f}" font-size="25" '
        f'font-weight="700" fill="{ink}" text-anchor="middle">{escaped(stop.mark)}</text>'
    )
    span = clock(stop.arrive)
    if stop.number:
        span = f"{clock(stop.arrive)}–{clock(stop.leave)}"
    page.text(f"{span}  {stop.name}", 29, x=_EDGE + 64, bold=True)
    if stop.estimated:
        metres = round(stop.place.accuracy_m or 0)
        page.text(words.say("sheet.near_short", content.lang, metres=metres), 22, x=_EDGE + 64)
    for text in stop.remarks:
        page.text(f"! {text}", 22, x=_EDGE + 64, bold=stop.conflict)
    page.gap(6)


def _way(page: _Page, way: Way) -> None:
    page.parts.append(
        f'<g transform="translate({_EDGE - 2:g} {page.y + 10:.1f})">{legend_svg(way.mode, 52)}</g>'
    )
    page.text(way.said, 23, x=_EDGE + 64, fill="#333")
    page.gap(8)


def _warnings(page: _Page, content: SheetContent) -> None:
    for key, texts in (("conflicts", content.conflicts), ("left_out", content.left_out)):
        if texts:
            page.gap(12)
            page.text(words.say(f"sheet.{key}", content.lang), 26, bold=True)
            for text in texts:
                page.text(f"• {text}", 23)


def _foot(page: _Page, content: SheetContent, provenance: Provenance, code: QrCode) -> None:
    page.gap(20)
    top = page.y
    page.parts.append(code.svg(_QR, WIDTH - _EDGE - _QR, top))
    right = WIDTH - _EDGE - _QR - 24
    key = "link" if code.text.startswith(("http://", "https://")) else "text"
    page.text(words.say(f"sheet.qr_{key}", content.lang), 23, right=right, bold=True)
    page.gap(6)
    told = credited(provenance.attribution, content.lang)
    for text in (*content.remarks, made_line(content, provenance), told):
        page.text(text, 19, right=right, fill="#333")
    page.y = max(page.y, top + _QR)


def made_line(content: SheetContent, provenance: Provenance) -> str:
    """Return the line that says which program, run and network a sheet comes from."""
    network = provenance.network
    return words.say(
        "sheet.made", content.lang, version=provenance.version, run=provenance.run_id,
        network=in_language(network.name, content.lang) if network else "",
        digest=network.digest[:12] if network else "",
        date=f", {network.osm_date}" if network and network.osm_date else "",
    )  # fmt: skip
