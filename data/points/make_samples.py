"""Write the sample stations, demand and areas: invented, seeded, the same on every run.

    python data/points/make_samples.py [FOLDER]

Stations stand at metro stations (metro_stations.csv) and at fronts of named streets of the
schematic network, so they are to be made again whenever that network changes. Randomness is a
hash of what is decided, not a stream: one street more moves few stations. See SOURCES.md.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.coverage import CoverageRequest
from geo.coverage.placing import Ground, lay_ground, place, positions_xy
from geo.schematic import schematic_network

HERE = Path(__file__).parent
SEED = "2026"
STATIONS = 160
CENTRE = (118.7788, 32.0437)  # 新街口
METRO_CREDIT = "© OpenStreetMap contributors (metro stations, 2022), ODbL 1.0"

# Name in the station's label, count, 自建 of ten, from–to m² by kind.
KINDS = {
    "工会驿站": ("驿站", 96, 3, (6, 45)),
    "爱心母婴室": ("母婴室", 14, 4, (6, 20)),
    "职工书屋": ("书屋", 14, 6, (30, 150)),
    "工间休息室": ("休息室", 14, 2, (20, 80)),
    "职工服务中心": ("服务中心", 6, 10, (200, 900)),
    "工匠小家": ("小家", 6, 5, (40, 120)),
    "职工之家": ("职工之家", 6, 6, (60, 300)),
    "产业工人培训基地": ("培训基地", 4, 3, (150, 600)),
}
CLASSES = (("标准站", 60), ("微型站", 28), ("流动站", 8))  # of the 96 工会驿站

# How many stations keep which hours; earlier ones choose first among those that may keep them.
HOURS: tuple[tuple[str | None, str, int], ...] = (
    ("24/7", "全天", 14),
    ("Mo-Su 17:00-02:00", "17:00-次日2:00", 4),
    ("Apr-Sep 07:00-19:00; Oct-Mar 08:00-18:00", "夏季 7:00-19:00 / 冬季 8:00-18:00", 8),
    ("Mo-Su 08:30-11:00,13:30-17:00", "8:30-11:00 13:30-17:00", 14),
    ("Mo-Su 09:00-22:00", "9:00-22:00（延时）", 10),
    ("Mo-Su 08:30-21:00", "8:30-21:00（延时）", 16),
    ("Mo-Fr 09:00-17:30", "周一至周五 9:00-17:30", 26),
    ("Mo-Fr 08:30-17:00", "周一至周五 8:30-17:00", 10),
    ("Mo-Su 08:30-17:30", "8:30-17:30", 24),
    ("Mo-Su 09:00-17:30", "每天 9:00-17:30", 14),
    (None, "", 20),
)
SPECIAL = {
    "24/7": ("标准站", "微型站"),
    "Mo-Su 17:00-02:00": ("标准站", "微型站"),
    "Apr-Sep 07:00-19:00; Oct-Mar 08:00-18:00": ("标准站", "微型站", "流动站"),
    "Mo-Su 08:30-11:00,13:30-17:00": ("标准站", "职工服务中心", "爱心母婴室"),
    "Mo-Su 09:00-22:00": ("标准站", "微型站", "职工书屋", "工间休息室"),
    "Mo-Su 08:30-21:00": ("标准站", "微型站", "职工书屋", "工间休息室", "爱心母婴室"),
}
BASE = ("饮水", "微波炉", "充电", "桌椅", "药箱", "空调")
MORE = ("冰箱", "无线网络", "图书", "雨具", "打气筒", "针线包", "卫生间")
OPERATORS = ("银行网点", "邮政网点", "加油站", "便利店", "药店", "党群服务中心", "社区", "商场")
HOSTS = ("党群服务中心", "社区", "商场", "园区物业")  # of anything larger than a 工会驿站

# Where people work: longitude, latitude, weight, radius in metres. Rough on purpose.
CENTRES = (
    (118.7788, 32.0437, 1.00, 1400),
    (118.7780, 32.0610, 0.50, 1000),
    (118.7857, 32.0250, 0.45, 1000),
    (118.7960, 32.0420, 0.35, 1200),
    (118.7245, 32.0030, 0.50, 1500),
    (118.7350, 32.0330, 0.30, 1300),
    (118.7916, 32.0903, 0.30, 800),
    (118.7370, 32.0885, 0.20, 900),
    (118.7600, 31.9950, 0.25, 1300),
    (118.7130, 32.0960, 0.12, 900),
)
# Parks and hills where nobody works or lives: west, south, east, north.
PARKS = (
    (118.7845, 32.0620, 118.8060, 32.0880),  # 玄武湖
    (118.8180, 32.0440, 118.8700, 32.0840),  # 紫金山
    (118.7700, 31.9945, 118.7815, 32.0060),  # 雨花台
    (118.7500, 32.0300, 118.7600, 32.0415),  # 莫愁湖
    (118.7920, 32.0930, 118.8030, 32.1030),  # 红山
    (118.7480, 32.0450, 118.7570, 32.0570),  # 清凉山
    (118.7700, 32.1150, 118.8000, 32.1300),  # 幕府山
)

# Corners shared by the districts' schematic outlines; rivers as in data/network/water.toml.
_P = {
    # the default area
    "nw": (118.6840, 32.1470), "w": (118.6840, 32.1000), "w2": (118.6985, 32.0870),
    "n": (118.7600, 32.1470), "n2": (118.7750, 32.1300), "ne": (118.8620, 32.1300),
    "se": (118.8620, 31.9885), "sw": (118.7030, 31.9885),
    # the Yangtze's north-west bank, then its south-east bank
    "b1": (118.7000, 32.0800), "b2": (118.7095, 32.0915), "b3": (118.7185, 32.0975),
    "b4": (118.7285, 32.1135), "b5": (118.7335, 32.1205), "b6": (118.7480, 32.1335),
    "c1": (118.7580, 32.1185), "c2": (118.7440, 32.1130), "c3": (118.7372, 32.1065),
    "c4": (118.7290, 32.0960), "c5": (118.7270, 32.0885), "c6": (118.7238, 32.0720),
    "c7": (118.7195, 32.0450), "c8": (118.7110, 32.0360), "c9": (118.7048, 32.0050),
    # 外秦淮河, from 汉中门 round to 雨花门
    "moat1": (118.7588, 32.0437), "moat2": (118.7630, 32.0290), "moat3": (118.7618, 32.0175),
    "moat4": (118.7765, 32.0125), "moat5": (118.7880, 32.0115),
    # streets
    "xiaoshi": (118.7900, 32.1300), "zhongyangmen": (118.7830, 32.0920),
    "xuanwumen": (118.7800, 32.0723), "gulou": (118.7785, 32.0610),
    "xinjiekou": (118.7788, 32.0437), "zhongshanmen": (118.8240, 32.0405),
    "east": (118.8620, 32.0390), "south": (118.7450, 31.9885), "south2": (118.8050, 31.9885),
}  # fmt: skip
DISTRICTS = (
    ("gulou", "鼓楼区", "n2 c1 c2 c3 c4 c5 c6 c7 moat1 xinjiekou gulou xuanwumen"
     " zhongyangmen xiaoshi"),
    ("xuanwu", "玄武区", "xiaoshi zhongyangmen xuanwumen gulou xinjiekou zhongshanmen east ne"),
    ("qinhuai", "秦淮区", "xinjiekou moat1 moat2 moat3 moat4 moat5 south2 se east zhongshanmen"),
    ("jianye", "建邺区", "c7 c8 c9 sw south moat3 moat2 moat1"),
    ("yuhuatai", "雨花台区", "moat3 south south2 moat5 moat4"),
    ("pukou", "浦口区、江北新区", "nw w w2 b1 b2 b3 b4 b5 b6 n"),
)  # fmt: skip
PARK_AREAS = (
    ("park-riverside", "下关滨江", (118.7270, 32.0800, 118.7470, 32.1080)),
    ("park-zhujiang", "珠江路", (118.7730, 32.0475, 118.7960, 32.0570)),
    ("park-hexi", "河西", (118.7180, 32.0250, 118.7480, 32.0500)),
)


@dataclass(frozen=True)
class Spot:
    """Where a station stands, before it is given a purpose."""

    where: str
    address: str
    lon: float
    lat: float


def main(out: Path) -> None:
    """Write the three files into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    ground = lay_ground(schematic_network(), CoverageRequest())
    outlines = dict(districts())
    stations = [as_feature(*s) for s in stations_of(list(spots(ground)), outlines)]
    demand = [as_feature(*d) for d in demand_of(ground)]
    write(
        out / "stations.geojson",
        "stations",
        METRO_CREDIT,
        "Invented sample stations; no such station exists. WGS-84. See data/points/SOURCES.md.",
        stations,
    )
    write(
        out / "demand.geojson",
        "demand",
        "Invented for this project, Apache-2.0",
        "Invented sample demand; demand equals workers_day. WGS-84. See data/points/SOURCES.md.",
        demand,
    )
    write(
        out / "areas.geojson",
        "areas",
        "Drawn for this project, Apache-2.0",
        "Schematic outlines, not boundaries. WGS-84. See data/points/SOURCES.md.",
        list(areas(outlines)),
    )


def unit(*key: object) -> float:
    """Return a number in [0, 1) that depends on `key` and the seed alone."""
    digest = hashlib.sha256(":".join(map(str, (SEED, *key))).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2.0**56


def ranked(items: Iterable[Any], *key: object) -> list[Any]:
    """Return `items` in a seeded order."""
    return sorted(items, key=lambda item: (unit(*key, item), str(item)))


def as_feature(key: str, lon: float, lat: float, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON point."""
    point = {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
    return {"type": "Feature", "id": key, "properties": properties, "geometry": point}


def write(path: Path, name: str, credit: str, note: str, features: list[dict[str, Any]]) -> None:
    """Write a FeatureCollection, a feature a line."""
    head = {"type": "FeatureCollection", "name": name, "attribution": credit, "note": note}
    lines = ",\n".join(f"  {json.dumps(f, ensure_ascii=False)}" for f in features)
    text = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    path.write_text(f'{text},\n "features": [\n{lines}\n ]\n}}\n', encoding="utf-8", newline="\n")


def metro() -> list[tuple[str, float, float]]:
    """Return name, longitude and latitude of each metro station."""
    with (HERE / "metro_stations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(r["name_zh"].split("·")[0], float(r["lon"]), float(r["lat"])) for r in rows]


def apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return metres between two positions, near enough within a city."""
    return float(np.hypot((one[0] - other[0]) * 94_400, (one[1] - other[1]) * 110_900))


def spots(ground: Ground) -> Iterator[Spot]:
    """Yield `STATIONS` places to stand: one by each metro station, the others along streets."""
    taken: list[tuple[float, float]] = []
    for name, lon, lat in metro():
        found = beside_metro(ground, name, lon, lat)
        if found is not None:
            taken.append(found)
            yield Spot(f"{name}旁", f"近{name}地铁站（示例地址）", *found)
    per_street: dict[str, int] = {}
    for street, lon, lat in fronts(ground):
        near = 260 + 0.11 * apart_m(CENTRE, (lon, lat))
        if per_street.get(street, 0) == 4 or any(apart_m(t, (lon, lat)) < near for t in taken):
            continue
        per_street[street] = per_street.get(street, 0) + 1
        taken.append((lon, lat))
        closest = min(metro(), key=lambda m: apart_m(m[1:], (lon, lat)))[0]
        yield Spot(street, f"{street}沿街，近{closest}地铁站（示例地址）", lon, lat)
        if len(taken) == STATIONS:
            return
    raise SystemExit(f"only {len(taken)} places to stand were found")


def beside_metro(ground: Ground, name: str, lon: float, lat: float) -> tuple[float, float] | None:
    """Return a place 40 to 110 m from a metro station and at most 60 m from a street."""
    for attempt in range(24):
        turn, far = 2 * np.pi * unit(name, attempt, "turn"), 40 + 70 * unit(name, attempt, "far")
        near = np.array([[lon + far * np.cos(turn) / 94_400, lat + far * np.sin(turn) / 110_900]])
        if place(ground, near, 60.0).used.all():
            return float(near[0, 0]), float(near[0, 1])
    return None


def fronts(ground: Ground) -> Iterator[tuple[str, float, float]]:
    """Yield name and position of the fronts of named streets, 12 m beside the middle line."""
    network = ground.network
    named = np.flatnonzero(ground.snappable & (np.asarray(network.edge_name) >= 0))
    named = named[np.asarray(network.edge_length_m)[named] >= 40.0]
    share = np.full(named.size, 0.5)
    here = positions_xy(network, named, share)
    ahead = positions_xy(network, named, share + 0.05)
    along = (ahead - here) / np.hypot(*(ahead - here).T)[:, None]
    sides = np.stack([here + 12 * along @ turn for turn in (_LEFT, -_LEFT)])
    degrees = [network.to_degrees(side) for side in sides]
    found = []
    for at, edge in enumerate(named):
        lon, lat = degrees[0][at].round(6).tolist()
        street = network.names[network.edge_name[edge]]
        side = int(unit(street, lon, lat, "side") < 0.5)
        found.append((street, *degrees[side][at].round(6).tolist()))
    good = place(ground, np.array([f[1:] for f in found]), 40.0).used
    yield from ranked((f for f, ok in zip(found, good, strict=True) if ok), "front")


_LEFT = np.array([[0.0, 1.0], [-1.0, 0.0]])


def stations_of(
    standing: list[Spot], outlines: dict[str, shapely.Polygon]
) -> Iterator[tuple[str, float, float, dict[str, Any]]]:
    """Give each place a kind, hours and the rest."""
    numbers = list(range(1, len(standing) + 1))
    kinds = _repeated((k, v[1]) for k, v in KINDS.items())
    kind = dict(zip(ranked(numbers, "kind"), kinds, strict=True))
    posts = ranked([n for n in numbers if kind[n] == "工会驿站"], "class")
    level = dict(zip(posts, _repeated(CLASSES), strict=True))
    hours = hours_of({n: level.get(n) or kind[n] for n in numbers})
    for n, spot in enumerate(standing, start=1):
        label, _, own, _ = KINDS[kind[n]]
        built = "自建" if 10 * unit(n, "built") < own else "共建"
        area = area_of(n, kind[n], level.get(n))
        opening, told = hours[n]
        hosts = OPERATORS if n in level else HOSTS
        yield f"sample-{n:03d}", spot.lon, spot.lat, {
            "name": f"示例{label} {n:03d} · {spot.where}",
            "kind": kind[n],
            "class": level.get(n),
            "built": built,
            "operator": "工会" if built == "自建" else ranked(hosts, n, "operator")[0],
            "union": f"示例·{district_of(spot, outlines)}总工会",
            "address": spot.address,
            "area_m2": area,
            "capacity": max(2, min(120, round(area / 2.5))),
            "facilities": facilities_of(n, kind[n], level.get(n)),
            "hours_text": told,
            "opening_hours": opening,
            "entry": entry_of(n, opening),
            "verified_on": verified_on(n),
            "sample": True,
        }  # fmt: skip


def _repeated(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [word for word, count in counts for _ in range(count)]


def hours_of(role: dict[int, str]) -> dict[int, tuple[str | None, str]]:
    """Return the hours of each station; `role` is its class, or its kind where it has none."""
    free = set(role)
    found: dict[int, tuple[str | None, str]] = {}
    for opening, told, count in HOURS:
        may = [n for n in sorted(free) if role[n] in SPECIAL.get(opening or "", (role[n],))]
        for n in ranked(may, "hours", opening)[:count]:
            found[n] = (opening, told)
            free.remove(n)
    return found


def area_of(n: int, kind: str, level: str | None) -> int:
    """Return square metres: a small station has less than 5, a standard one at least 5."""
    low, high = {"微型站": (2, 4), "流动站": (4, 8)}.get(level or "", KINDS[kind][3])
    return round(low + (high - low) * unit(n, "area") ** 2)


def facilities_of(n: int, kind: str, level: str | None) -> list[str]:
    """Return what is offered: the six and more, fewer in a small station."""
    base = ranked(BASE, n, "base")[: 3 + round(2 * unit(n, "few"))] if level == "微型站" else BASE
    if kind in ("爱心母婴室", "工匠小家"):
        base = ("饮水", "桌椅", "空调")
    if kind in ("职工书屋", "产业工人培训基地"):
        base = ("饮水", "充电", "桌椅", "空调")
    most = 1 if level == "微型站" else 4
    chosen = set(base) | set(ranked(MORE, n, "more")[: round(most * unit(n, "many"))])
    chosen |= {"母婴设施"} if kind == "爱心母婴室" else set()
    chosen |= {"图书"} if kind == "职工书屋" else set()
    return [f for f in (*BASE, *MORE, "母婴设施") if f in chosen]


def entry_of(n: int, opening: str | None) -> str | None:
    """Return how one gets in; unattended stations have a lock."""
    if opening in ("24/7", "Mo-Su 17:00-02:00"):
        return "扫码进入" if unit(n, "entry") < 0.7 else "刷会员卡"
    return "直接进入" if unit(n, "entry") < 0.85 else "扫码进入"


def verified_on(n: int) -> str | None:
    """Return the day somebody last looked; one station in eight was never checked."""
    if unit(n, "verified") < 0.125:
        return None
    return f"2026-{1 + int(8 * unit(n, 'month')):02d}-{1 + int(28 * unit(n, 'day')):02d}"


def district_of(spot: Spot, outlines: dict[str, shapely.Polygon]) -> str:
    """Return the name of the district whose outline is nearest."""
    names = {key: name for key, name, _ in DISTRICTS}
    at = shapely.Point(spot.lon, spot.lat)
    return names[min(outlines, key=lambda key: outlines[key].distance(at))].split("、")[0]


def demand_of(ground: Ground) -> Iterator[tuple[str, float, float, dict[str, Any]]]:
    """Yield places of a jittered grid that a street reaches, outside parks and river banks."""
    places = np.array(list(_grid()))
    kept = places[place(ground, places, 110.0).used]
    water = ground.network.water
    if len(water):
        shores = shapely.union_all(water.to_crs(ground.network.metric_crs).to_numpy())
        xy = ground.network.to_metric(kept)
        kept = kept[shapely.distance(shores, shapely.points(xy)) > 70.0]
    for n, (lon, lat) in enumerate(kept.tolist(), start=1):
        pull = sum(w * np.exp(-((apart_m((x, y), (lon, lat)) / r) ** 2)) for x, y, w, r in CENTRES)
        edge = np.exp(-((apart_m(CENTRE, (lon, lat)) / 6000) ** 2))
        workers = round((60 + 2400 * pull) * (0.6 + 0.8 * unit(lon, lat, "w")), -1)
        homes = 260 + 1300 * edge - 500 * min(pull, 1)
        residents = round(homes * (0.5 + unit(lon, lat, "r")), -1)
        riders = round(0.012 * workers + 0.006 * residents * unit(lon, lat, "l"))
        yield f"sample-d{n:03d}", lon, lat, {
            "name": f"示例需求点 {n:03d}",
            "use": use_of(workers, residents, unit(lon, lat, "u")),
            "demand": int(workers),
            "workers_day": int(workers),
            "residents_night": int(residents),
            "riders_late": int(riders),
            "sample": True,
        }  # fmt: skip


def use_of(workers: float, residents: float, chance: float) -> str:
    """Return what a place mostly is."""
    if workers > 0.9 * residents:
        return "商业" if chance < 0.5 else "办公"
    return "产业" if workers > 0.2 * residents and chance < 0.15 else "居住"


def _grid() -> Iterator[tuple[float, float]]:
    for row in range(34):
        for column in range(34):
            lon = 118.6840 + 0.0056 * (column + 0.5 * (row % 2) + 0.5 * unit(row, column, "x"))
            lat = 31.9890 + 0.0048 * (row + 0.5 * unit(row, column, "y"))
            if not any(w < lon < e and s < lat < n for w, s, e, n in PARKS):
                yield round(lon, 6), round(lat, 6)


def districts() -> Iterator[tuple[str, shapely.Polygon]]:
    """Yield id and outline of each district."""
    for key, _, corners in DISTRICTS:
        yield key, shapely.Polygon([_P[c] for c in corners.split()])


def areas(outlines: dict[str, shapely.Polygon]) -> Iterator[dict[str, Any]]:
    """Yield districts and the parks that overlap them."""
    shapes = [(k, f"{n}（示意）", "区", n.split("、")[0], outlines[k]) for k, n, _ in DISTRICTS]
    for key, name, box in PARK_AREAS:
        shapes.append((key, f"示例园区 · {name}", "园区", f"{name}园区", shapely.box(*box)))
    for key, name, level, union, shape in shapes:
        ring = shapely.geometry.polygon.orient(shape).exterior.coords
        properties = {
            "name": name,
            "level": level,
            "union": f"示例·{union}总工会" if level == "区" else f"示例·{union}工会联合会",
            "schematic": True,
        }
        corners = [[round(x, 6), round(y, 6)] for x, y in ring]
        geometry = {"type": "Polygon", "coordinates": [corners]}
        yield {"type": "Feature", "id": key, "properties": properties, "geometry": geometry}


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
