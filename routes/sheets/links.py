"""Links out of a sheet: the share link, AMap's walking navigation, and QR codes of either.

AMap's URI (https://lbs.amap.com/api/uri-api/guide/travel/route) takes ``lon,lat,name`` for both
ends and converts the positions itself where ``coordinate=wgs84`` says what they are.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from geo.errors import RequestError
from geo.layers.inert import showable
from geo.network.model import FloatArray
from routes.visits import StudyBrief, clock

if TYPE_CHECKING:
    from routes.sheets.content import SheetContent

__all__ = ["QR_BYTES", "QrCode", "qr_of", "qr_text", "share_link", "walking_link"]

QR_BYTES = 600
"""More than this is no longer read from paper by an ordinary telephone."""


def share_link(brief: StudyBrief, share_base: str) -> str:
    """Return the link that opens the same request in the app at `share_base`.

    Raises
    ------
    RequestError
        `share_base` is no http or https address.
    """
    try:
        parts = urlsplit(share_base)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or any(sign.isspace() or not sign.isprintable() for sign in share_base):
        raise RequestError("sheet_base_url", text=share_base)
    before, _, fragment = share_base.partition("#")
    joined = f"{before}{'&' if '?' in before else '?'}{brief.to_query()}"
    return f"{joined}#{fragment}" if fragment else joined


def walking_link(line: FloatArray, origin: str, target: str) -> str:
    """Return the link to AMap's walking navigation between the ends of a line.

    Parameters
    ----------
    line
        (k, 2) WGS-84 degrees.
    origin, target
        Names of the ends.
    """
    ends = [
        f"{lon:.6f},{lat:.6f},{quote(showable(name).replace(',', '，'), safe='')}"
        for (lon, lat), name in ((line[0], origin), (line[-1], target))
    ]
    return (
        f"https://uri.amap.com/navigation?from={ends[0]}&to={ends[1]}"
        "&mode=walk&coordinate=wgs84&src=hongtu"
    )


class QrCode:
    """A QR code (ISO/IEC 18004) of a text, byte mode, UTF-8, level M or better."""

    def __init__(self, text: str) -> None:
        import segno

        self.text = showable(text)
        self._code: Any = segno.make(
            self.text, error="m", mode="byte", encoding="utf-8", micro=False
        )

    def svg(self, size: float, x: float = 0.0, y: float = 0.0) -> str:
        """Return an ``<svg>`` element with the quiet zone, `size` units wide."""
        width = self._code.symbol_size(border=4)[0]
        bars = []
        for row, line in enumerate(self._code.matrix_iter(border=4)):
            start = None
            for column, dark in enumerate((*line, 0)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    bars.append(f"M{start} {row}h{column - start}v1h{start - column}z")
                    start = None
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" x="{x:g}" y="{y:g}" width="{size:g}" '
            f'height="{size:g}" viewBox="0 0 {width} {width}" shape-rendering="crispEdges" '
            'overflow="visible">'
            f'<path fill="#fff" d="M0 0h{width}v{width}H0z"/><path d="{"".join(bars)}"/></svg>'
        )

    def png(self, module_px: int = 6) -> bytes:
        """Return the code as a PNG, `module_px` pixels a module."""
        out = io.BytesIO()
        self._code.save(out, kind="png", scale=module_px, border=4)
        return out.getvalue()


def qr_of(content: SheetContent, share_base: str | None = None) -> QrCode:
    """Return the code of the share link, or without `share_base` of the plan as plain text."""
    return QrCode(qr_text(content, share_base))


def qr_text(content: SheetContent, share_base: str | None = None) -> str:
    """Return what the code says.

    A link too long for a printed code gives way to the plain text, and a text too long loses its
    last stops.
    """
    if share_base:
        link = share_link(content.route.brief, share_base)
        if len(link.encode()) <= QR_BYTES:
            return link
    day = content.day.isoformat() if content.day else ""
    head = "\n".join(filter(None, (content.title, day, content.group)))
    lines = [f"{clock(stop.arrive)} {stop.mark} {stop.name}" for stop in content.stops]
    text = "\n".join([head, *lines])
    while len(text.encode()) > QR_BYTES and lines:
        lines.pop()
        text = "\n".join([head, *lines, "…"])
    return text.encode()[:QR_BYTES].decode("utf-8", "ignore")
