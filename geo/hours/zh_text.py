"""Chinese free text of opening hours to the OSM grammar, whole or not at all.

A text that is not understood to its last character stays `unknown` with the text kept: half a
reading would be shown as a fact. What is understood but leaves a question open (in which months it
is summer, who is let in without booking) becomes a three-state value of the grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from geo.hours.grammar import parse
from geo.hours.model import DaySelector
from geo.hours.zh_clock import NotUnderstoodError
from geo.hours.zh_days import settle_last_entries
from geo.hours.zh_excepted import gather
from geo.hours.zh_model import Rule
from geo.hours.zh_reader import Reader
from geo.hours.zh_rules import settle
from geo.hours.zh_tokens import cut
from geo.hours.zh_written import clock_text, render

__all__ = ["HoursText", "from_text"]

_LONGEST = 500
_DAY = 1440


@dataclass(frozen=True)
class HoursText:
    """What a text of opening hours says.

    Attributes
    ----------
    status
        ``parsed``: understood to the last character; ``unknown``: not, or it says nothing.
    osm
        The same in the OSM grammar (`geo.hours.parse` reads it); None where unknown.
    original
        The text as it was given.
    note
        Code of a sentence ``hours.note_<code>``: why it is unknown, or what was assumed.
    last_entry
        The last time at which visitors are let in, ``HH:MM``; None where the text names none.
        In `osm` it is a comment, for the place stays open after it. The earliest where several
        differ.
    """

    status: Literal["parsed", "unknown"]
    osm: str | None
    original: str
    note: str | None = None
    last_entry: str | None = None


def from_text(text: str | None) -> HoursText:
    """Read a Chinese text of opening hours; never raises, whatever the text.

    ``"周一至周五 9:30-17:00"`` gives ``Mo-Fr 09:30-17:00``; ``"工作日 9:00-17:30"`` gives
    ``Mo-Fr 09:00-17:30 open "工作日"; PH off``; of 夏季 and 冬季 without months the hours common to
    both are open and the others unknown. A text in the OSM grammar is taken as it is.
    """
    original = "" if text is None else str(text)
    if not original.strip(" \t\r\n-—/\\无"):
        return HoursText("unknown", None, original, "blank")
    if len(original) > _LONGEST:
        return HoursText("unknown", None, original, "not_understood")
    try:
        reader = Reader(gather(cut(original)))
        rules, note = settle(reader.rules(), booking=reader.booking)
        settle_last_entries(rules)
        return HoursText("parsed", render(rules), original, note, _last_entry(rules))
    except NotUnderstoodError as why:
        if _is_osm(original):
            return HoursText("parsed", re.sub(r"(?<!\d)(?=\d:)", "0", original.strip()), original)
        return HoursText("unknown", None, original, str(why))


def _last_entry(rules: list[Rule]) -> str | None:
    found = [r.last_entry % _DAY for r in rules if r.last_entry is not None]
    return clock_text(min(found)) if found else None


def _is_osm(text: str) -> bool:
    """Return whether `text` is in the OSM grammar already: its words, and no Chinese.

    Bare times are not: what 8:30-5:30 means in a list is not what it means there.
    """
    if re.search(r"[㐀-鿿]", re.sub(r'"[^"]*"', "", text)) or not re.search(r"[A-Za-z]{2}", text):
        return False
    hours = parse(text.strip())
    says = text.strip().startswith("24/7") or any(
        r.spans or r.days != DaySelector() for r in hours.rules
    )
    return hours.problem is None and says
