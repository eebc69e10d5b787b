"""A drawn town with one walk through it that has all a sheet must cope with.

::

    y=900  ──── c ─────────────────────── d     North Road, x = 0 … 3000
              P2 ·                              pier, at (300, 880)
    ≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈≈      water, y = 300 … 800
              P1 ·                              pier, at (300, 220)
    y=200  ─ a ────┬─────────────────────────   South Road, x = 0 … 3000
                   │ Lane (x = 600)
    y=0            b                            estimated, within 80 m

A group walks one metre a second: a → b 700 m on foot, b → c 200 + 300 m to the pier, the ferry,
20 m on; c → d is 2600 m, too far, so it is ridden. d is closed on Mondays. Names are hostile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import shapely
from drawn_network import degrees, draw, way

from geo.hours import chinese_holidays
from geo.network.model import WalkNetwork
from routes.ferries import Ferry
from routes.places import Place
from routes.planner import plan
from routes.studyroute import StudyRoute
from routes.visits import StudyBrief

MONDAY, FRIDAY = "2026-05-11", "2026-05-08"
SCRIPT = "<script>alert(1)</script>&\"'{{7*7}}]]>"
FORMULA = '=HYPERLINK("http://x","y")'
CONTROL = "C\x00\x0b,桥\ud800"


def town() -> WalkNetwork:
    return draw(
        way((0, 200), (600, 200), (3000, 200), name="南路", name_en="South Road"),
        way((600, 200), (600, 0), name=SCRIPT),
        way((0, 900), (3000, 900), name="北路", name_en="North Road"),
        water=[shapely.box(-500, 300, 3500, 800)],
    )


def _place(name: str, x: float, y: float, zh: str, en: str, **more: Any) -> Place:
    lon, lat = degrees((x, y))[0].tolist()
    more = {"coordinate_status": "sourced", "visit_minutes": 30.0, "hours": "24/7", **more}
    return Place(name, zh, en, lon, lat, **more)


def places() -> dict[str, Place]:
    found = (
        _place("a", 100, 200, SCRIPT, SCRIPT, text_zh="看一看", text_en="Look"),
        _place("b", 600, 0, FORMULA, FORMULA, coordinate_status="estimated", accuracy_m=80.0),
        _place("c", 300, 900, CONTROL, CONTROL, hours=None),
        _place("d", 2900, 900, "丁馆", "Hall D", hours="Tu-Su 09:00-17:00", coach="东门",
               toilets=True, statuses=(("coach", "sample"), ("toilets", "sourced"))),
    )  # fmt: skip
    return {place.id: place for place in found}


def boat() -> Ferry:
    (low, high) = degrees([(300, 220), (300, 880)]).tolist()
    names = (("南码头", "South Pier"), ("北码头", "North Pier"))
    return Ferry(
        "boat", "渡轮", "Boat", (tuple(low), tuple(high)), names,
        10.0, 20.0, "06:00", "20:00", "sample", "",
    )  # fmt: skip


def drawn_route(**asked: Any) -> StudyRoute:
    """Plan a, b, c, d in that order; on a Monday unless another `date` is asked for."""
    asked = {"sites": ("a", "b", "c", "d"), "date": MONDAY, "pace_kmh": 3.6,
             "gather_minutes": 0.0, **asked}  # fmt: skip
    return plan(
        StudyBrief(**asked), network=town(), places=places(), lines={}, ferries=[boat()],
        book=chinese_holidays(),
    )  # fmt: skip


def flagged(route: StudyRoute, *flags: str) -> StudyRoute:
    return replace(route, flags=(*route.flags, *flags))
