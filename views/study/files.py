"""Files of a walk to take away, its link and its QR code; each is made when it is asked for."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from geo import words
from geo.credits import credited
from geo.errors import RequestError
from geo.exports import OutputFolder, Provenance
from geo.exports.values import utf8
from routes.sheets import (
    SheetContent,
    geojson_of,
    gpx_of,
    ics_of,
    kml_of,
    map_of,
    page_of,
    picture_of,
    qr_of,
    route_provenance,
    share_link,
    timetable_csv,
    write_route,
)
from routes.sheets.drawing import escaped
from routes.sheets.fonts import find_font
from views.downloads import zipped
from views.plain import plain
from views.shelf import Shelf

__all__ = ["MIME", "draw", "linked", "made", "share_base"]

MIME = {
    "geojson": "application/geo+json",
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "csv": "text/csv",
    "ics": "text/calendar",
    "html": "text/html",
    "png": "image/png",
    "zip": "application/zip",
}
_ADDRESS = re.compile(r"\b(https?://)?(www\.[\w.-]+/[\w./~%-]*[\w/])", re.ASCII)
MOST = 24
KEEP_S = 1800.0
_HERE = ("localhost", "127.0.0.1", "::1")


@st.cache_resource(max_entries=1, show_spinner=False)
def _shelf() -> Shelf[bytes]:
    return Shelf(MOST, KEEP_S)


def draw(content: SheetContent, identity: tuple[str, ...]) -> None:
    """Draw the buttons of files, the link and the code.

    Parameters
    ----------
    identity
        Digests of what the walk depends on besides what its provenance names.
    """
    lang = content.lang
    record, base = route_provenance(content.route), share_base()
    st.subheader(words.say("study.files", lang), anchor=False)
    with st.container(horizontal=True, key="study-files"):
        for kind in _kinds(content):
            make = partial(made, kind, content, record, base)
            key = (kind, lang, base or "", record.run_id, *identity)
            _button(kind, partial(_shelf().get, key, make), record, lang)
    lacking = []
    if content.day is None:
        lacking.append(words.say("sheet.unwritten_no_date", lang))
    if find_font() is None:
        lacking.append(words.say("sheet.unwritten_no_font", lang))
    st.caption(" ".join([words.say("study.files_note", lang), *lacking]))
    st.subheader(words.say("study.share", lang), anchor=False)
    _share(content, base)
    run = words.say("app.run", lang, run_id=record.run_id, version=record.version)
    credit = words.say("app.attribution", lang, text=credited(record.attribution, lang))
    if source := content.route.source(lang):
        told = words.say("sheet.source", lang, source=source)
        st.html(f'<p class="ht-small">{linked(told)}</p>')
    st.caption(f"{plain(credit)} · {words.say('app.no_public_display', lang)} · {run}")


def _kinds(content: SheetContent) -> list[str]:
    lacking = set()
    if content.day is None:
        lacking.add("ics")
    if find_font() is None:
        lacking.add("png")
    return [kind for kind in MIME if kind not in lacking]


def _button(kind: str, data: Callable[[], bytes], record: Provenance, lang: str) -> None:
    st.download_button(
        words.say(f"study.file_{kind}", lang),
        data,
        file_name=f"hongtu-route-{record.run_id}.{kind}",
        mime=MIME[kind],
        icon=":material/download:",
        on_click="ignore",
        key=f"study-file-{kind}",
    )


def made(kind: str, content: SheetContent, record: Provenance, base: str | None) -> bytes:
    """Return a file of a walk.

    Raises
    ------
    KeyError
        A kind that this walk has no file of: a fault of the program.
    OutputError
        There is no room for temporary files.
    """
    if kind == "zip":
        return _all(content, record, base)
    if kind in ("html", "png"):
        return _sheet(kind, content, record, base)
    make: dict[str, Callable[[SheetContent, Provenance], bytes | None]] = {
        "geojson": geojson_of, "gpx": gpx_of, "kml": kml_of, "csv": timetable_csv, "ics": ics_of,
    }  # fmt: skip
    found = make[kind](content, record)
    if found is None:
        raise KeyError(kind)
    return found


def _sheet(kind: str, content: SheetContent, record: Provenance, base: str | None) -> bytes:
    code, drawn = qr_of(content, base), map_of(content, record.attribution)
    if kind == "html":
        return utf8(page_of(content, record, code, drawn))
    picture = picture_of(content, record, code, drawn)
    if picture is None:
        raise KeyError(kind)
    return picture.png


def _all(content: SheetContent, record: Provenance, base: str | None) -> bytes:
    with tempfile.TemporaryDirectory(prefix="hongtu-") as place:
        target = Path(place) / "run"
        with OutputFolder(target, record) as folder:
            write_route(content.route, folder, content.lang, share_base=base)
        return zipped(target)


def share_base() -> str | None:
    """Return the address of this page, None where it is not known."""
    url = st.context.url
    if not url or urlsplit(url).scheme not in ("http", "https"):
        return None
    return str(url)


def linked(text: str) -> str:
    """Return a text as HTML, its addresses as links."""
    return _ADDRESS.sub(
        lambda found: (
            f'<a href="{found[1] or "https://"}{found[2]}" target="_blank" '
            f'rel="noopener noreferrer">{found[0]}</a>'
        ),
        escaped(text),
    )


def _share(content: SheetContent, base: str | None) -> None:
    lang, brief = content.lang, content.route.brief
    link = f"?{brief.to_query()}"
    if base is not None:
        try:
            link = share_link(brief, base)
        except RequestError:
            base = None
    code = qr_of(content, base)
    left, right = st.columns([3, 1])
    with left:
        st.code(link, language=None, wrap_lines=True)
        st.caption(words.say("study.share_note" if base else "study.share_query", lang))
        if base is not None and urlsplit(base).hostname in _HERE:
            st.caption(words.say("study.share_local", lang))
    key = "link" if code.text.startswith(("http://", "https://")) else "text"
    told = escaped(words.say(f"sheet.qr_{key}", lang))
    image = base64.b64encode(code.png()).decode()
    right.html(
        f'<figure class="ht-qr"><img alt="{told}" src="data:image/png;base64,{image}">'
        f"<figcaption>{told}</figcaption></figure>"
    )
