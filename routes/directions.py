"""Turn-by-turn directions of one leg, as values; their sentences are in ``texts/directions.toml``.

A turn is measured between the last and the first `LOOK_M` metres at a junction: straight within
±15°, slight to 45°, a turn to 135°, sharp to 170°, else back. Stretches of one name are one
instruction; a name that changes without a turn and a turn within one name are both announced;
ways without a name are told by their type. To a place whose position is an estimate there are no
turns: nobody should be led to the wrong door with confidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geo import words
from geo.network.model import EdgeFlag, FloatArray
from routes.legs import Leg, LegPart
from routes.places import Place

__all__ = ["LOOK_M", "Instruction", "directions", "distance", "sentence", "turn_of"]

LOOK_M = 18.0
STRAIGHT, SLIGHT, TURN, SHARP = 15.0, 45.0, 135.0, 170.0
ASIDE_M = 8.0  # a place nearer to its way than this is on it, on neither side

_KINDS = {
    "footway": "path", "path": "path", "pedestrian": "path", "track": "path", "bridleway": "path",
    "cycleway": "path", "steps": "steps", "corridor": "corridor", "elevator": "lift",
    "residential": "local", "living_street": "local", "unclassified": "local", "road": "local",
    "service": "service",
}  # fmt: skip


@dataclass(frozen=True)
class Instruction:
    """One thing to do.

    Attributes
    ----------
    kind
        ``depart``, ``find_way``, ``onto``, ``along``, ``steps``, ``footbridge``, ``underpass``,
        ``indoor``, ``lift``, ``ferry``, ``ride``, ``off_way``, ``near``, ``arrive``.
    turn
        ``straight``, ``slight_left``, ``left``, ``sharp_left``, ``back`` and so on; None where
        nothing is turned.
    street
        Chinese and English name of what is walked next; None: not on a street.
    metres
        To the next instruction.
    lon, lat
        Where it is to be done, WGS-84.
    fields
        What else the sentence names, as (key, value) pairs; values are text in both languages
        (a pair) or numbers.
    """

    kind: str
    turn: str | None
    street: tuple[str, str] | None
    metres: float
    lon: float
    lat: float
    fields: tuple[tuple[str, Any], ...] = ()


@dataclass
class _Stretch:
    """Consecutive parts that one instruction covers."""

    kind: str
    turn: str | None
    street: tuple[str, str]
    at: FloatArray
    metres: float = 0.0
    parts: list[LegPart] = field(default_factory=list)


def turn_of(angle: float) -> str:
    """Return the word for a turn of `angle` degrees, left positive, within ±180."""
    side = "left" if angle > 0 else "right"
    size = abs(angle)
    if size <= STRAIGHT:
        return "straight"
    if size <= SLIGHT:
        return f"slight_{side}"
    if size <= TURN:
        return side
    return f"sharp_{side}" if size <= SHARP else "back"


def directions(
    leg: Leg,
    origin: Place | None = None,
    target: Place | None = None,
    *,
    minutes: int | None = None,
) -> tuple[Instruction, ...]:
    """Return what to do on `leg`, in order.

    Parameters
    ----------
    leg
        From `routes.legs`.
    origin, target
        What stands at its ends; None for a bare position or a pier.
    minutes
        What a timetable says of the leg; its own minutes rounded up by default.
    """
    spoken = math.ceil(leg.minutes) if minutes is None else minutes
    if leg.mode == "ride":
        return (_ride(leg, target, spoken),)
    if leg.ferry is not None:
        return (_ferry(leg),)
    if "estimated" in leg.flags:
        return (_guess(leg, target, spoken),)
    if target is not None and target.coordinate_status == "estimated":
        return (_near(leg, target, spoken),)
    stretches = _stretches(leg)
    told = [_told(s) for s in stretches]
    if origin is not None and origin.coordinate_status == "estimated" and told:
        told[0] = _find_way(told[0], origin)
    return (*told, *_arrival(leg, target))


def _stretches(leg: Leg) -> list[_Stretch]:
    """Gather parts into stretches, each begun by what makes an instruction necessary."""
    found: list[_Stretch] = []
    starts, line = _starts(leg)
    for part, at in zip(leg.parts, starts, strict=True):
        angle = _angle_at(line, at)
        kind, street = _kind(part), _street(part)
        if not found:
            found.append(_Stretch("depart", _compass(line, at), street, _point(line, at)))
        elif _begins(found[-1], kind, street, angle):
            same = found[-1].street == street and kind == "onto"
            found.append(
                _Stretch("along" if same else kind, turn_of(angle), street, _point(line, at))
            )
        found[-1].metres += part.metres
        found[-1].parts.append(part)
    return found


def _begins(last: _Stretch, kind: str, street: tuple[str, str], angle: float) -> bool:
    """Return whether a part needs an instruction of its own."""
    was = _kind(last.parts[-1])
    if kind != was or street != last.street:
        return True
    return kind == "onto" and abs(angle) > SLIGHT


def _kind(part: LegPart) -> str:
    """Return what is special about a part: steps, a bridge or tunnel for walkers, a lift."""
    flags = EdgeFlag(part.flags)
    own_way = _KINDS.get(part.highway) in ("path", "steps", "corridor")
    if EdgeFlag.STEPS in flags:
        return "steps"
    if EdgeFlag.ELEVATOR in flags:
        return "lift"
    if EdgeFlag.BRIDGE in flags and own_way:
        return "footbridge"
    if EdgeFlag.TUNNEL in flags and own_way:
        return "underpass"
    return "indoor" if EdgeFlag.INDOOR in flags else "onto"


def _street(part: LegPart) -> tuple[str, str]:
    """Return what a way is called in Chinese and English; one without a name by its type."""
    if part.name_zh or part.name_en:
        return (part.name_zh or part.name_en or "", part.name_en or part.name_zh or "")
    word = f"way.{_KINDS.get(part.highway, 'road')}"
    return (words.say(word, "zh"), words.say(word, "en"))


def _starts(leg: Leg) -> tuple[list[float], FloatArray]:
    """Return how far along the leg's line each part begins, and the line as (k, 3): x, y, run.

    Metres on a plane at the line's own latitude: a leg is a few kilometres.
    """
    lonlat = leg.line
    shrink = math.cos(math.radians(float(lonlat[:, 1].mean())))
    xy = (lonlat - lonlat[0]) * (111_320.0 * shrink, 110_950.0)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    wanted = leg.metres
    scale = run[-1] / wanted if wanted > 0 else 1.0
    begins = leg.access_m[0] + np.concatenate([[0.0], np.cumsum([p.metres for p in leg.parts])])
    return [float(b * scale) for b in begins[:-1]], np.column_stack([lonlat, xy, run])


def _xy(line: FloatArray, at: float) -> FloatArray:
    at = min(max(at, 0.0), float(line[-1, 4]))
    return np.array([np.interp(at, line[:, 4], line[:, k]) for k in (2, 3)])


def _point(line: FloatArray, at: float) -> FloatArray:
    return np.array([np.interp(at, line[:, 4], line[:, k]) for k in (0, 1)])


def _angle_at(line: FloatArray, at: float) -> float:
    """Return the degrees turned at a distance along the line, left positive."""
    before, here, after = _xy(line, at - LOOK_M), _xy(line, at), _xy(line, at + LOOK_M)
    come, go = here - before, after - here
    if not come.any() or not go.any():
        return 0.0
    cross = come[0] * go[1] - come[1] * go[0]
    return math.degrees(math.atan2(cross, float(come @ go)))


def _compass(line: FloatArray, at: float) -> str:
    """Return which way the line goes from there: ``n``, ``ne`` … ``nw``."""
    go = _xy(line, at + LOOK_M) - _xy(line, at)
    bearing = math.degrees(math.atan2(go[0], go[1])) % 360
    return ("n", "ne", "e", "se", "s", "sw", "w", "nw")[round(bearing / 45) % 8]


def _told(stretch: _Stretch) -> Instruction:
    return Instruction(
        stretch.kind, stretch.turn, stretch.street, stretch.metres,
        float(stretch.at[0]), float(stretch.at[1]),
    )  # fmt: skip


def _find_way(first: Instruction, origin: Place) -> Instruction:
    accuracy = round(origin.accuracy_m or 0)
    fields = (("accuracy_m", accuracy),)
    return Instruction("find_way", None, first.street, first.metres, first.lon, first.lat, fields)


def _arrival(leg: Leg, target: Place | None) -> tuple[Instruction, ...]:
    """Return the last piece off the way where it is long, and the arrival with its side."""
    lon, lat = map(float, leg.line[-1])
    name = _names(target)
    side, told = "ahead", []
    if leg.access_m[1] > ASIDE_M and leg.parts and len(leg.line) > 2:
        _, line = _starts(leg)
        angle = _angle_at(line, float(line[-2, 4]))
        side = "ahead" if abs(angle) <= STRAIGHT else "left" if angle > 0 else "right"
    if "far_access" in leg.flags:
        off = leg.access_m[1] or leg.metres
        told.append(_plain("off_way", leg, -2, (("place", name),), off))
    return (*told, Instruction("arrive", side, None, 0.0, lon, lat, (("place", name),)))


def _guess(leg: Leg, target: Place | None, minutes: int) -> Instruction:
    """Return which way a walk off the network leads: nobody knows its turns."""
    _, line = _starts(leg)
    fields = (("place", _names(target)), ("minutes", minutes), ("compass", _compass(line, 0.0)))
    return _plain("guess", leg, 0, fields)


def _near(leg: Leg, target: Place, minutes: int) -> Instruction:
    fields = (
        ("place", _names(target)),
        ("accuracy_m", round(target.accuracy_m or 0)),
        ("minutes", minutes),
    )
    return _plain("near", leg, -1, fields)


def _ride(leg: Leg, target: Place | None, minutes: int) -> Instruction:
    walk = None if math.isnan(leg.walk_minutes) else math.ceil(leg.walk_minutes)
    fields = (("place", _names(target)), ("minutes", minutes), ("walk", walk))
    return _plain("ride", leg, 0, fields)


def _ferry(leg: Leg) -> Instruction:
    if leg.ferry is None:
        raise ValueError("not a crossing")
    boat, end = leg.ferry
    fields = (
        ("ferry", (boat.name_zh, boat.name_en)),
        ("board", boat.pier_names[end]),
        ("land", boat.pier_names[1 - end]),
        ("minutes", round(boat.minutes)),
        ("every", round(boat.every_minutes)),
        ("first", boat.first),
        ("last", boat.last),
    )
    return _plain("ferry", leg, 0, fields)


def _plain(
    kind: str, leg: Leg, at: int, fields: tuple[tuple[str, Any], ...], metres: float | None = None
) -> Instruction:
    """Return an instruction at a vertex of the leg, without a turn or a street."""
    lon, lat = leg.line[at]
    length = leg.metres if metres is None else metres
    return Instruction(kind, None, None, length, float(lon), float(lat), fields)


def _names(target: Place | None) -> tuple[str, str]:
    if target is None:
        return words.say("way.goal", "zh"), words.say("way.goal", "en")
    return target.name_zh, target.name_en


def distance(metres: float, lang: str) -> str:
    """Return a distance as people say it: to 10 m, from 1 km on to 0.1 km."""
    if metres >= 995:
        return words.say("way.km", lang, km=metres / 1000)
    return words.say("way.m", lang, m=max(10 * round(metres / 10), 10))


def sentence(told: Instruction, lang: str) -> str:
    """Return an instruction as one sentence in ``zh`` or ``en``."""
    at = 0 if lang == "zh" else 1
    fields = {key: value[at] if isinstance(value, tuple) else value for key, value in told.fields}
    if told.street is not None:
        fields["street"] = told.street[at]
    fields["distance"] = distance(told.metres, lang)
    key = told.kind
    if "compass" in fields:
        fields["compass"] = words.say(f"compass.{fields['compass']}", lang)
    if key == "arrive":
        key = f"arrive_{told.turn}"
    elif key == "ride" and fields.get("walk") is None:
        key = "ride_only"
    elif key in ("steps", "footbridge", "underpass", "indoor", "lift") and told.turn:
        fields["turn"] = words.say(f"turn.{told.turn}", lang)
    elif told.turn is not None:
        word = "compass" if key == "depart" else "turn"
        fields["turn"] = words.say(f"{word}.{told.turn}", lang)
    return words.say(f"direction.{key}", lang, **fields)
