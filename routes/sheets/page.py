"""The printed sheet: one HTML file for A4, with nothing in it that asks the internet.

Every text goes through `escaped`; a policy in the page forbids scripts and requests besides.
"""

from __future__ import annotations

from pathlib import Path

from geo import words
from geo.credits import credited
from geo.exports import Provenance
from routes.sheets.content import spoken_minutes
from routes.sheets.day import Pause, SheetContent, Stop, Way
from routes.sheets.drawing import Drawing, escaped, legend_svg
from routes.sheets.links import QrCode
from routes.sheets.picture import made_line
from routes.visits import clock

__all__ = ["page_of"]

_STYLE = Path(__file__).with_name("sheet.css")
_MOST_COLUMNS = 8  # stops whose times stand side by side on the sheet
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page_of(content: SheetContent, provenance: Provenance, code: QrCode, drawn: Drawing) -> str:
    """Return the sheet as HTML; `drawn` is its map."""
    lang = "zh-CN" if content.lang == "zh" else "en"
    parts = [
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(content.title)}</title>\n<style>\n{_STYLE.read_text('utf-8')}</style>\n"
        "</head>\n<body>",
        _head(content, code),
        _warning(content),
        f'<figure>{drawn.svg}<figcaption class="legend">{_legend(content)}</figcaption></figure>',
        *(_apart(content) if content.route.own_orders else _together(content)),
        _foot(content, provenance),
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _foot(content: SheetContent, provenance: Provenance) -> str:
    lines = (made_line(content, provenance), credited(provenance.attribution, content.lang))
    return f"<footer>{''.join(f'<p>{escaped(line)}</p>' for line in lines)}</footer>"


def _together(content: SheetContent) -> list[str]:
    """Return the one order that is walked, by however many groups, one after another."""
    return [
        _groups(content),
        _timetable(content),
        _list("conflicts", content.conflicts, content.lang, bad=True),
        _list("left_out", content.left_out, content.lang),
        _directions(content),
        _list("rests", content.rests, content.lang),
        _list("notes", _notes(content), content.lang),
    ]


def _apart(content: SheetContent) -> list[str]:
    """Return what concerns all groups, then a page for each, with its own order."""
    return [
        _groups(content),
        _list("conflicts", content.conflicts, content.lang, bad=True),
        _list("left_out", content.left_out, content.lang),
        _list("rests", content.rests, content.lang),
        _list("notes", _notes(content), content.lang),
        *(
            f'<section class="group-day"><h1>{escaped(day.group)}</h1>'
            f"<p>{escaped(content.title)} · {' · '.join(map(escaped, day.facts))}</p>"
            f"{_list('conflicts', day.conflicts, content.lang, bad=True)}"
            f"{_timetable(day)}{_directions(day)}</section>"
            for day in content.days
        ),
    ]


def _groups(content: SheetContent) -> str:
    """Return how the groups are kept apart, and when each of them is where."""
    if not content.days:
        return ""
    lang = content.lang
    if content.route.own_orders or len(content.stops) > _MOST_COLUMNS:
        rows = "".join(f"<li>{escaped(day.line)}</li>" for day in content.days)
        times = f"<ul>{rows}</ul>"
    else:
        times = _times(content)
    told = [*content.groups]
    if content.route.own_orders:
        told.append(words.say("groups.drawn", lang))
    said = "".join(f"<p>{escaped(text)}</p>" for text in told)
    return f"<h2>{escaped(words.say('sheet.groups', lang))}</h2>{said}{times}"


def _times(content: SheetContent) -> str:
    """Return a table of when each group is where; all walk the same order."""
    heads = "".join(
        f"<th>{escaped(f'{stop.mark} {stop.name}')}</th>" for stop in content.stops if stop.number
    )
    rows = []
    for day in content.days:
        cells = "".join(_time_cell(stop) for stop in day.stops if stop.number)
        rows.append(f"<tr><td>{escaped(day.group)}</td>{cells}</tr>")
    column = escaped(words.say("groups.column", content.lang))
    return (
        f'<table class="group-times"><thead><tr><th>{column}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _time_cell(stop: Stop) -> str:
    span = f"{clock(stop.begin)}–{clock(stop.leave)}"
    return f'<td class="bad">! {span}</td>' if stop.conflict else f"<td>{span}</td>"


def _head(content: SheetContent, code: QrCode) -> str:
    key = "link" if code.text.startswith(("http://", "https://")) else "text"
    facts = " · ".join(escaped(fact) for fact in content.facts)
    status = escaped(words.say(f"line_status.{content.route.status}", content.lang))
    caption = escaped(words.say(f"sheet.qr_{key}", content.lang))
    return (
        f"<header><div><h1>{escaped(content.title)}</h1><p>{facts}</p><p>{status}</p></div>"
        f'<figure class="qr">{code.svg(120)}<figcaption>{caption}</figcaption></figure></header>'
    )


def _warning(content: SheetContent) -> str:
    if not content.flags:
        return ""
    items = "".join(f"<li>{escaped(text)}</li>" for _, text in content.flags)
    return f'<div class="warning"><ul>{items}</ul></div>'


def _legend(content: SheetContent) -> str:
    modes = dict.fromkeys(way.mode for way in content.legs)
    return "".join(
        f"<span>{legend_svg(mode)}{escaped(words.say(f'sheet.mode_{mode}', content.lang))}</span>"
        for mode in modes
    )


def _timetable(content: SheetContent) -> str:
    lang = content.lang
    names = ("arrive", "begin", "leave")
    heads = "".join(
        f'<th class="time{" more" if name == "begin" else ""}">'
        f"{escaped(words.say(f'sheet.column_{name}', lang))}</th>"
        for name in names
    )
    head = " · ".join(filter(None, (words.say("sheet.timetable", lang), content.group)))
    rows = []
    for at, stop in enumerate(content.stops):
        rows += [_pause_row(pause, lang) for pause in content.pauses_at(at, before=True)]
        rows.append(_stop_row(stop, lang))
        rows += [_pause_row(pause, lang) for pause in content.pauses_at(at, before=False)]
        rows += [_way_row(way) for hop in content.ways[at : at + 1] for way in hop]
    return (
        f"<h2>{escaped(head)}</h2><table><thead><tr><th></th>{heads}"
        f"<th>{escaped(words.say('sheet.column_stop', lang))}</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table>"
    )


def _pause_row(pause: Pause, lang: str) -> str:
    told = words.say("sheet.pause", lang, minutes=spoken_minutes(pause.minutes, lang))
    return (
        f'<tr class="leg"><td></td><td class="time">{clock(pause.begin)}</td>'
        f'<td colspan="3">{escaped(told)}</td></tr>'
    )


def _stop_row(stop: Stop, lang: str) -> str:
    said = [stop.why or stop.place.text(lang) or ""] if stop.number else []
    if stop.number:
        said.append(" · ".join(stop.services(lang)))
    if stop.wait >= 1:
        said.append(words.say("sheet.wait", lang, minutes=spoken_minutes(stop.wait, lang)))
    if stop.estimated:
        metres = round(stop.place.accuracy_m or 0)
        said.append(words.say("sheet.near", lang, metres=metres))
    lines = "".join(f"<span>{escaped(text)}</span>" for text in said if text)
    bad = ' class="bad"' if stop.conflict else ""
    lines += "".join(f"<span{bad}>! {escaped(text)}</span>" for text in stop.remarks)
    times = (clock(stop.arrive), clock(stop.begin), clock(stop.leave))
    if stop.number is None:
        times = (clock(stop.arrive), "", "")
    first, middle, last = times
    return (
        f'<tr class="stop{" conflict" if stop.conflict else ""}"><td class="mark">'
        f'<b>{escaped(stop.mark)}</b></td><td class="time">{first}</td>'
        f'<td class="time more">{middle}</td><td class="time">{last}</td>'
        f'<td class="name">{escaped(stop.name)}{lines}</td></tr>'
    )


def _way_row(way: Way) -> str:
    return (
        f'<tr class="leg"><td></td><td class="time">{clock(way.depart)}</td>'
        f'<td colspan="3">{legend_svg(way.mode, 40)} {escaped(way.said)}</td></tr>'
    )


def _directions(content: SheetContent) -> str:
    parts = []
    for way in content.legs:
        steps = "".join(f"<li>{escaped(step)}</li>" for step in way.steps)
        link = ""
        if way.link:
            told = escaped(words.say("sheet.open_amap", content.lang))
            link = (
                f'<p class="screen"><a href="{escaped(way.link)}" rel="noreferrer" '
                f'target="_blank">{told}</a></p>'
            )
        ends = words.say("sheet.from_to", content.lang, origin=way.origin, target=way.target)
        parts.append(f'<div class="leg-steps"><h3>{escaped(ends)}</h3><ol>{steps}</ol>{link}</div>')
    head = escaped(words.say("sheet.directions", content.lang))
    return f'<h2>{head}</h2><div class="steps">{"".join(parts)}</div>'


def _list(key: str, texts: tuple[str, ...], lang: str, *, bad: bool = False) -> str:
    if not texts:
        return ""
    items = "".join(f"<li>{escaped(text)}</li>" for text in texts)
    kind = ' class="bad"' if bad else ""
    return f"<h2>{escaped(words.say(f'sheet.{key}', lang))}</h2><ul{kind}>{items}</ul>"


def _notes(content: SheetContent) -> tuple[str, ...]:
    told = [*content.remarks]
    if source := content.route.source(content.lang):
        told.append(words.say("sheet.source", content.lang, source=source))
    if content.route.proven is not None:
        key = "proven" if content.route.proven else "heuristic"
        told.append(words.say(f"route.{key}", content.lang))
    return (*told, content.alternative) if content.alternative else tuple(told)
