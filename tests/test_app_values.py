"""What the pages are made of, without a page: questions, choices, shelf, figures, tables."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from geo import words
from geo.coverage import Coverage, CoverageRequest, cover
from geo.errors import RequestError
from geo.pace import PROFILES
from geo.points import PointTable
from geo.samples import sample, sample_sites
from views import choice, figures, form, maps, tables
from views.ask import CircleAsk
from views.downloads import file_name, packed, provenance, written
from views.shelf import Shelf
from views.sources import Ground
from views.waiting import share_done

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def ground() -> Ground:
    network, stations, demand = sample()
    return Ground(network, stations, demand, sample_sites())


@pytest.fixture(scope="module")
def result(ground: Ground) -> Coverage:
    return cover(ground.network, ground.stations, ground.demand, CoverageRequest((4, 8)))


def test_a_question_survives_the_address() -> None:
    ask = CircleAsk((300, 1000), "metres", "elder", 30.0, ("职工书屋", "工会驿站"), ("饮水",))
    told = {k: v if isinstance(v, list) else [v] for k, v in ask.query().items()}
    assert CircleAsk.from_query(told) == ask
    assert CircleAsk().query() == {}
    assert CircleAsk.from_query({"lang": ["en"], "limits": [""]}) == CircleAsk()


@pytest.mark.parametrize(
    "params",
    [
        {"limits": ["five"]},
        {"limits": ["5,900"]},
        {"unit": ["miles"]},
        {"profile": ["<script>"]},
        {"cell_m": ["nan"]},
        {"limits": ["1,2,3,4,5,6,7"]},
    ],
)
def test_a_bad_address_is_refused_with_a_sentence(params: dict[str, list[str]]) -> None:
    with pytest.raises(RequestError) as refusal:
        CircleAsk.from_query(params)
    assert all(refusal.value.sentence(lang) for lang in words.LANGUAGES)


def test_a_question_is_bounded_and_sorted() -> None:
    ask = CircleAsk((15, 5, 5), kinds=("b" * 500, "a", "a"), facilities=tuple(map(str, range(99))))
    assert ask.limits == (5.0, 15.0)
    assert ask.kinds == ("a", "b" * 60)
    assert len(ask.facilities) == 40
    assert hash(ask) == hash(replace(ask))


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('["饮水", "充电"]', ("饮水", "充电")),
        ("饮水、充电；药箱", ("饮水", "充电", "药箱")),
        ("[not json", ("[not json",)),
        (None, ()),
        (float("nan"), ()),
        (["饮水"], ("饮水",)),
    ],
)
def test_facilities_are_read_from_arrays_and_lists(cell: object, found: tuple[str, ...]) -> None:
    assert choice.facility_words(cell) == found


def test_stations_are_narrowed_to_kinds_with_all_facilities(ground: Ground) -> None:
    stations = ground.stations
    kinds = choice.kinds_of(stations)
    wanted = choice.facilities_of(stations)[:2]
    some = choice.narrowed(stations, kinds[:1], wanted)
    assert 0 < len(some) < len(stations)
    assert set(some.frame["kind"]) == {kinds[0]}
    assert all(set(wanted) <= set(choice.facility_words(c)) for c in some.frame["facilities"])
    assert some.rows == len(some.frame) + len(some.unused)
    assert some.digest != stations.digest
    assert some.digest != choice.narrowed(stations, kinds[:1], ()).digest
    assert choice.narrowed(stations, (), ()) is stations
    assert len(choice.narrowed(stations, ("no such kind",), ())) == 0
    assert len(choice.narrowed(_without(stations, "kind"), ("工会驿站",), ())) == 0


def _without(table: PointTable, column: str) -> PointTable:
    return replace(table, frame=table.frame.drop(columns=column),
                   unused=table.unused.drop(columns=column))  # fmt: skip


def test_a_shelf_is_bounded_forgets_and_keeps_no_failure() -> None:
    now = [0.0]
    shelf: Shelf[int] = Shelf(2, 10.0, lambda: now[0])
    with pytest.raises(ZeroDivisionError):
        shelf.get("bad", lambda: 1 // 0)
    assert shelf.get("bad", lambda: 7) == 7
    shelf.get("a", lambda: 1)
    shelf.get("bad", lambda: 0)  # used: "a" goes first
    shelf.get("b", lambda: 2)
    assert ("bad" in shelf, "a" in shelf, len(shelf)) == (True, False, 2)
    now[0] = 11.0
    assert "b" not in shelf
    assert shelf.get("b", lambda: 3) == 3
    assert not shelf._making


def test_two_sessions_have_a_result_made_once() -> None:
    shelf: Shelf[int] = Shelf(4, 60.0)
    made: list[int] = []
    gate = threading.Event()

    def make() -> int:
        gate.wait(60)
        made.append(1)
        return 5

    found: list[int] = []
    waited = threading.Event()
    first = threading.Thread(target=lambda: found.append(shelf.get("k", make, waited.set)))
    first.start()
    while not shelf._making:
        time.sleep(0.001)
    assert not waited.is_set()
    second = threading.Thread(target=lambda: found.append(shelf.get("k", make, waited.set)))
    second.start()
    assert waited.wait(60), "who waits is told so"
    gate.set()
    for one in (first, second):
        one.join()
    assert (found, made) == ([5, 5], [1])


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_figures_are_those_of_the_summary(result: Coverage, lang: str) -> None:
    found = figures.figures(result, lang)
    shares = [band["share"] for band in result.summary["bands"]]
    assert [f.share for f in found[:2]] == shares
    assert found[0].value == f"{shares[0]:.1%}"
    assert found[2].share == pytest.approx(1 - shares[-1])
    assert len(found) == 5
    assert len(figures.shuang15(result, lang)) == 3
    assert f"{result.summary['denominator']['total']:,.0f}" in figures.denominator(result, lang)


def test_cards_escape_and_clip() -> None:
    told = figures.cards([figures.Figure("<b>", "1", "&", 1.7), figures.Figure("x", "—")])
    assert "<b>1" in told
    assert "&lt;b&gt;" in told
    assert "width:100.0%" in told
    assert told.count("ht-bar") == 1


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_tables_hold_every_station_and_the_unserved(result: Coverage, lang: str) -> None:
    stations = tables.station_table(result, lang)
    assert len(stations) == len(result.stations)
    assert words.say("table.area_minutes", lang, limit=4.0) in stations
    bare = tables.station_table(result, lang, with_areas=False)
    assert not [name for name in bare if "km²" in str(name)]
    unserved = tables.unserved_table(result, lang)
    assert unserved is not None
    assert result.demand is not None
    assert len(unserved) == (result.demand["status"] != "served").sum()
    assert unserved[words.say("table.reason", lang)].str.len().min() > 0
    assert len(tables.gap_table(result, lang)) == len(result.gaps)


def test_tables_show_no_private_column(result: Coverage) -> None:
    private = replace(result, stations=result.stations.assign(负责人="张三", 电话="13900000000"))
    text = tables.station_table(private, "zh").to_csv()
    assert "张三" not in text
    assert "1390" not in text


def test_without_areas_the_rest_is_the_same(ground: Ground, result: Coverage) -> None:
    quick = cover(ground.network, ground.stations, ground.demand, result.request, with_areas=False)
    assert quick.summary["bands"] == result.summary["bands"]
    assert quick.summary["areas_km2"] == result.summary["areas_km2"]
    assert len(quick.circles) == len(quick.responsibility) == 0
    assert list(quick.circles.columns) == list(result.circles.columns)
    assert quick.stations["responsibility_km2"].isna().all()


def test_sliders_start_where_the_question_is() -> None:
    ask = CircleAsk((5, 12))
    assert form.default_limits(ask, "minutes", 2) == (5, 12)
    assert form.default_limits(ask, "minutes", 4) == (5, 12, 15, 20)
    assert form.default_limits(ask, "metres", 3) == (300, 500, 1000)
    assert form.default_limits(CircleAsk((60,)), "minutes", 3) == (60, 60, 60)


def test_progress_only_rises() -> None:
    steps = [
        ("snap", 0, 1),
        ("search", 5, 9),
        ("lattice", 1, 2),
        ("circles", 1, 1),
        ("union", 2, 2),
    ]
    shares = [share_done(*step) for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert 0 <= share_done("something new", 3, 0) <= 1


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "csv"])
def test_files_carry_their_run(ground: Ground, result: Coverage, kind: str) -> None:
    import io
    import zipfile

    ask = CircleAsk((4, 8))
    record = provenance(ground, ask, "wgs84", "zh")
    data = written(kind, result, record, "zh")
    if kind == "gpkg":
        assert data.startswith(b"SQLite format 3")
        assert record.run_id.encode() in data
        return
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        names = box.namelist()
        assert record.run_id in box.read("run.json").decode()
    assert {"stations.csv", "demand.csv", "run.json"} <= set(names)
    assert ("circles.geojson" in names) == (kind == "geojson")


def test_the_run_and_the_name_of_a_file_tell_questions_apart(ground: Ground) -> None:
    plain = provenance(ground, CircleAsk(), "wgs84", "zh")
    other = provenance(ground, CircleAsk(kinds=("职工书屋",)), "wgs84", "zh")
    shifted = provenance(ground, CircleAsk(), "gcj02", "zh")
    assert len({plain.run_id, other.run_id, shifted.run_id}) == 3
    assert ".gcj02." in file_name("geojson", shifted)
    assert file_name("html", plain).endswith(".html")


def test_bytes_of_a_run_are_made_once(ground: Ground) -> None:
    record = provenance(ground, CircleAsk((7,)), "wgs84", "zh")
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"x"

    assert packed("csv", record, "zh", make) == packed("csv", record, "zh", make) == b"x"
    assert made == [1]


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_legend_keeps_its_symbols(result: Coverage, lang: str) -> None:
    told = maps.legend(result, lang, with_sites=True)
    assert "<svg" not in told
    assert told.count("data:image/svg+xml;base64,") >= 6


def test_every_word_of_the_page_is_in_both_languages(ground: Ground) -> None:
    texts = words.entries()
    for room, known in (
        ("kind", choice.kinds_of(ground.stations)),
        ("facility", choice.facilities_of(ground.stations)),
        ("profile", PROFILES),
    ):
        assert [word for word in known if f"{room}.{word}" not in texts] == []
    said = re.compile(r"(?:words\.say|\b_?say)\(\s*f?\"([a-z0-9_.]+)\"")
    rooms = {"areas.py": "areas.", "form.py": "ask.", "tables.py": "table."}
    for path in [*ROOT.glob("app.py"), *(ROOT / "views").glob("*.py")]:
        for key in said.findall(path.read_text("utf-8")):
            full = key if "." in key else rooms.get(path.name, "?") + key
            assert full in texts, f"{path.name}: {key}"
