"""The day as a list of its own: stops by the clock, the ways between with their directions.

It is plain HTML that fits a telephone; directions fold away without a script. Every text is
escaped where it is written.
"""

from __future__ import annotations

from geo import words
from routes.sheets import SheetContent, Stop, Way
from routes.sheets.content import Pause, spoken_minutes
from routes.sheets.drawing import escaped
from routes.visits import clock

__all__ = ["day_html"]


def day_html(content: SheetContent) -> str:
    """Return stops, breaks and ways in order."""
    lang = content.lang
    rows: list[str] = []
    for at, stop in enumerate(content.stops):
        here = [pause for pause in content.pauses if pause.stop == at]
        rows += [_pause(pause, lang) for pause in here if pause.begin <= stop.arrive]
        rows.append(_stop(stop, content.route.brief.gather_minutes, lang))
        rows += [_pause(pause, lang) for pause in here if pause.begin > stop.arrive]
        rows += [_way(way, lang) for hop in content.ways[at : at + 1] for way in hop]
    return f'<ol class="ht-day">{"".join(rows)}</ol>'


def _pause(pause: Pause, lang: str) -> str:
    told = words.say("sheet.pause", lang, minutes=spoken_minutes(pause.minutes, lang))
    return (
        f'<li class="ht-pause"><span></span><p><time>{clock(pause.begin)}</time> '
        f"{escaped(told)}</p></li>"
    )


def _stop(stop: Stop, gather: float, lang: str) -> str:
    guess = " ht-guess" if stop.estimated else ""
    bad = " ht-bad" if stop.conflict else ""
    span = clock(stop.arrive)
    if stop.number:
        span = f"{span}–{clock(stop.leave)}"
    parts = [f'<p class="ht-when"><time>{span}</time> <b>{escaped(stop.name)}</b></p>']
    parts.append(_line(_minutes(stop, gather, lang)))
    parts += [_line(text, "ht-no" if stop.conflict else "ht-doubt") for text in stop.remarks]
    if stop.estimated:
        metres = round(stop.place.accuracy_m or 0)
        parts.append(_line(words.say("sheet.near", lang, metres=metres), "ht-doubt"))
    parts.append(_line(stop.why))
    parts.append(_more(stop, lang))
    return (
        f'<li class="ht-stop{bad}"><span class="ht-mark{guess}">{escaped(stop.mark)}</span>'
        f"<div>{''.join(parts)}</div></li>"
    )


def _line(text: str, kind: str = "") -> str:
    return f'<p class="ht-small {kind}">{escaped(text)}</p>' if text else ""


def _minutes(stop: Stop, gather: float, lang: str) -> str:
    """Return wait, visit and gathering in one phrase; nothing for a place only passed."""
    if not stop.number:
        return ""
    told = []
    if stop.wait >= 1:
        told.append(words.say("sheet.wait", lang, minutes=spoken_minutes(stop.wait, lang)))
    told.append(words.say("study.visit", lang, minutes=spoken_minutes(stop.minutes, lang)))
    if gather > 0:
        told.append(words.say("study.gather", lang, minutes=spoken_minutes(gather, lang)))
    return "，".join(told) if lang == "zh" else ", ".join(told)


def _more(stop: Stop, lang: str) -> str:
    """Return what else is known of a place, folded away."""
    place = stop.place
    told = [place.text(lang) or ""]
    for name in ("address", "coach", "booking"):
        value = getattr(place, name)
        if value:
            told.append(words.say(f"study.place_{name}", lang, text=value))
    if place.toilets is not None:
        told.append(words.say(f"study.toilets_{'yes' if place.toilets else 'no'}", lang))
    shown = "".join(_line(text) for text in told if text)
    if not shown:
        return ""
    return f"<details><summary>{escaped(words.say('study.more', lang))}</summary>{shown}</details>"


def _way(way: Way, lang: str) -> str:
    steps = "".join(f"<li>{escaped(step)}</li>" for step in way.steps)
    link = ""
    if way.link:
        told = escaped(words.say("study.amap", lang, target=way.target))
        link = (
            f'<p><a href="{escaped(way.link)}" target="_blank" rel="noopener noreferrer">'
            f"{told}</a></p>"
        )
    doubt = _line(words.say("study.estimated_ride", lang), "ht-doubt") if way.mode == "ride" else ""
    head = f'<li class="ht-way ht-{way.mode}"><span></span>'
    if not steps and not link:
        return f"{head}<div>{_line(way.said)}{doubt}</div></li>"
    return (
        f"{head}<details><summary>{escaped(way.said)}</summary>{doubt}<ol>{steps}</ol>{link}"
        "</details></li>"
    )
