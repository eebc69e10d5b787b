"""A map and its legend as one HTML file that needs nothing else: no network, no folder beside it.

The page is put together here, after folium has rendered the map, so that branca never reads
Leaflet's source as a template. A content security policy inside the file forbids every request.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geo import words
from geo.credits import credited, in_language
from geo.exports.atomic import write_atomic
from geo.exports.provenance import Provenance
from geo.exports.values import utf8
from geo.layers.assets import Assets, asset_files, own_file, use_assets
from geo.layers.inert import inert
from geo.layers.shapes import in_script

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

    from geo.coverage.result import Coverage
    from geo.exports import OutputFolder
    from geo.network.model import WalkNetwork

__all__ = ["MAP_FILE", "frame_html", "self_contained_html", "write_map"]

MAP_FILE = "map.html"
"""Name of the map inside a result folder."""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_URLS = re.compile(r"url\((?!\s*[\"']?data:)[^)]*\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_META = re.compile(r"<meta\b[^>]*>", re.IGNORECASE | re.DOTALL)
# What can open markup or a template, in the text of a JSON string.
_SIGNS = re.compile("[<>&'{}$`%]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def self_contained_html(
    map_: folium.Map,
    legend: str,
    *,
    title: str,
    lang: str,
    provenance: Provenance | None = None,
) -> bytes:
    """Return one HTML file with everything in it, in UTF-8.

    Parameters
    ----------
    map_
        A map of `geo.layers.maps` that has not been rendered elsewhere.
    legend
        HTML of `geo.layers.legend`.
    title
        Heading of the page; any text.
    provenance
        The record of the run; goes into the file as JSON, and its date and version to the foot.
    """
    header, body, script = _rendered(map_)
    styles, scripts = _inlined()
    note = words.say("layers.no_script", lang)
    pieces = [
        "<!DOCTYPE html>",
        f'<html lang="{"zh-CN" if lang == "zh" else "en"}">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="Hongtu">',
        f"<title>{inert(title)}</title>",
        *styles,
        header,
        f"<style>{own_file('page.css')}</style></head>",
        f"<body><header><h1>{inert(title)}</h1></header>",
        f"<main>{body}<noscript>{inert(note)}</noscript></main>",
        f'<details class="ht-aside" open><summary>{inert(words.say("layers.legend", lang))}'
        f"</summary>{legend}{_foot(provenance, lang)}</details>",
        _record(provenance),
        *scripts,
        f"<script>{script}</script>",
        f"<script>{own_file('page.js').replace('MAP', map_.get_name())}</script>",
        "</body></html>\n",
    ]
    return utf8("\n".join(piece for piece in pieces if piece))


def frame_html(map_: folium.Map, *, lang: str) -> bytes:
    """Return a map as the whole of a frame's page, the same bytes for the same map, in UTF-8.

    Leaflet is inside, so that nothing has to be fetched one after another. The page may ask the
    server that it came from for more, and nobody else.
    """
    parts = _rendered(map_)
    header, body, script = (_numbered(text, map_) for text in parts)
    styles, scripts = _inlined()
    pieces = [
        "<!DOCTYPE html>",
        f'<html lang="{"zh-CN" if lang == "zh" else "en"}">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}; connect-src \'self\'">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{inert(words.say('layers.control_map', lang))}</title>",
        *styles,
        f"{header}</head><body>{body}",
        *scripts,
        f"<script>{script}</script></body></html>\n",
    ]
    return utf8("\n".join(pieces))


def _rendered(map_: folium.Map) -> tuple[str, str, str]:
    """Return a map's head, body and script without what folium would fetch."""
    root: Any = map_.get_root()
    with use_assets(map_, Assets()):
        for child in list(root._children.values()):
            child.render()
        header, body, script = (part.render() for part in (root.header, root.html, root.script))
    return _META.sub("", header), body, script


def _numbered(text: str, map_: folium.Map) -> str:
    """Return `text` with numbers in place of the random ids of a map and its parts."""
    parts: list[Any] = [map_]
    for number, part in enumerate(parts):  # `parts` grows while it is read
        parts.extend(part._children.values())
        text = text.replace(part._id, f"{number:032x}")
    return text


def _inlined() -> tuple[list[str], list[str]]:
    """Return Leaflet's and its plugin's style sheets and scripts as elements of a page."""
    texts = {
        name: path.read_text(encoding="utf-8")
        for name, path in asset_files().items()
        if not name.startswith("jquery")  # for folium's popups, which these maps do not have
    }
    styles = [f"<style>{_style(text)}</style>" for name, text in texts.items() if ".css" in name]
    scripts = [f"<script>{_script(text)}</script>" for name, text in texts.items() if ".js" in name]
    return styles, scripts


def write_map(
    result: Coverage,
    network: WalkNetwork,
    out: OutputFolder,
    *,
    lang: str,
    sites: gpd.GeoDataFrame | None = None,
) -> None:
    """Write the map of `result` into an open result folder.

    The picture is in WGS-84 whatever the datum of the other files: nothing is laid under it but
    the network itself.
    """
    from geo.layers.legend import legend_html
    from geo.layers.maps import coverage_map

    page = self_contained_html(
        coverage_map(result, network, lang=lang, sites=sites, view_key=network.meta.digest[:12]),
        legend_html(result, lang=lang, with_sites=sites is not None),
        title=words.say("layers.page_title", lang, name=in_language(network.meta.name, lang)),
        lang=lang,
        provenance=replace(out.provenance, datum_out="wgs84"),
    )
    write_atomic(out.path(MAP_FILE), page)


def _style(text: str) -> str:
    """Return a style sheet without its pictures: our maps show none of them."""
    return _URLS.sub("none", text).replace("</style", "<\\/style")


def _script(text: str) -> str:
    """Return a script without what names another file or a site."""
    text = _SOURCE_MAP.sub("", text).replace('href="https://leafletjs.com" ', "")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _foot(provenance: Provenance | None, lang: str) -> str:
    if provenance is None:
        return ""
    made = words.say(
        "layers.made_by", lang, version=provenance.version, created=provenance.created[:10]
    )
    lines = [made, credited(provenance.attribution, lang)]
    return "".join(f'<p class="ht-foot">{inert(line)}</p>' for line in lines if line)


def _record(provenance: Provenance | None) -> str:
    if provenance is None:
        return ""
    text = _STRING.sub(
        lambda found: _SIGNS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", found[0]),
        in_script(provenance.as_dict()),
    )
    return f'<script type="application/json" id="hongtu-provenance">{text}</script>'
