"""PostGIS out, against a real PostgreSQL with PostGIS that the tests start for themselves."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import postgis_server
import pytest
import shapely
from postgis_server import PASSWORD, Server
from shapely.geometry import LineString, MultiPolygon, Point

from geo import datum
from geo.errors import OutputError, RequestError
from geo.exports import Layer, NetworkSource, Provenance, database, write_postgis
from geo.exports.database import Address, check_postgis, connected, parse_address

CENTRE = Point(118.78, 32.04)
HONGTU = [sys.executable, "-c", "import cli; cli.main()"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    reason = postgis_server.why_not()
    if reason:
        pytest.skip(reason)
    with postgis_server.running() as found:
        found.sql("postgres", "CREATE DATABASE mould")
        found.sql("mould", "CREATE EXTENSION postgis")
        yield found


class Base:
    """A database of its own for a test."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name
        self.url = server.url(name)
        self.address = parse_address(self.url)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.server.sql(self.name, *statements)

    def one(self, statement: str) -> Any:
        ((value,),) = self.sql(statement)
        return value


_numbers = count()


@pytest.fixture
def base(server) -> Base:
    name = f"base_{next(_numbers)}"
    server.sql("postgres", f"CREATE DATABASE {name} TEMPLATE mould")
    return Base(server, name)


def provenance(**more) -> Provenance:
    source = NetworkSource("南京", "pbf", "ab12", "2021-02-01")
    return Provenance(
        version="0.1.0", created="2026-05-01T08:00:00+08:00", network=source, flags=("sample",),
        **more,
    )  # fmt: skip


def frame(shapes, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def layers(**columns) -> list[Layer]:
    """Two disks with their area in the CGCS2000 zone, a line, points, and a table of minutes."""
    disks = gpd.GeoSeries([CENTRE.buffer(0.01, 64), CENTRE.buffer(0.02, 64)], crs=4326)
    area = disks.to_crs(datum.metric_crs(118.78, 32.04)).area / 1e6
    bands = frame(disks, station_id=["甲", "乙"], minutes=[5.0, 10.0], area_km2=area, **columns)
    line = frame([LineString([(118.78, 32.04), (118.79, 32.05)])], minutes=[3.25])
    points = frame([CENTRE, None], name=["甲", ""], stations_within=pd.array([2, None], "Int64"))
    od = pd.DataFrame({"origin": ["p1"], "destination": ["甲"], "minutes": [3.5]})
    return [
        Layer("circles", bands, "bands", "步行圈", None),
        Layer("lines", line, "lines", "", None),
        Layer("stations", points, "stations", "", None),
        Layer("od", od, None, "分钟表", None),
    ]


def refused(code: str, address: Address, *more: Layer, **options: Any) -> OutputError:
    with pytest.raises(OutputError) as refusal:
        write_postgis(more or layers(), address, provenance(), **options)
    assert refusal.value.code == code, str(refusal.value)
    for lang in ("zh", "en"):
        assert PASSWORD not in refusal.value.sentence(lang)
        assert "\n" not in refusal.value.sentence(lang)
    return refusal.value


# --- what is written --------------------------------------------------------------------------


def test_layers_come_back(base):
    done = write_postgis(layers(), base.address, provenance(), summary={"share": 0.5})
    assert done == {"circles": 2, "lines": 1, "stations": 2, "od": 1}
    with connected(base.address) as connection:
        back = gpd.read_postgis("SELECT * FROM hongtu.circles ORDER BY fid", connection)
    bands = layers()[0].frame
    assert back.crs.to_epsg() == 4326
    assert set(back.geom_type) == {"MultiPolygon"}
    assert back["station_id"].tolist() == ["甲", "乙"]
    assert back["area_km2"].tolist() == bands["area_km2"].tolist(), "full precision is kept"
    shapes = [MultiPolygon([shape]) for shape in bands.geometry]
    exact = shapely.hausdorff_distance(back.geometry.to_numpy(), np.array(shapes, dtype=object))
    assert exact.max() < 1e-7
    assert base.sql(
        "SELECT bool_and(ST_IsValid(geom)), min(ST_SRID(geom)), max(ST_SRID(geom))"
        " FROM hongtu.circles"
    ) == [(True, 4326, 4326)]
    # The server measures on the ellipsoid what we measured in the zone: 0.04 % at its edge.
    for ours, theirs in base.sql(
        "SELECT area_km2, ST_Area(geom::geography) / 1e6 FROM hongtu.circles"
    ):
        assert ours == pytest.approx(theirs, rel=8e-4)
    assert base.sql("SELECT origin, destination, minutes FROM hongtu.od") == [("p1", "甲", 3.5)]
    assert base.sql(
        "SELECT name, stations_within, geom IS NULL FROM hongtu.stations ORDER BY fid"
    ) == [("甲", 2, False), ("", None, True)]


def test_tables_suit_a_gis(base):
    write_postgis(layers(), base.address, provenance())
    kinds = base.sql(
        "SELECT f_table_name, f_geometry_column, srid, type, coord_dimension"
        " FROM geometry_columns WHERE f_table_schema = 'hongtu' ORDER BY 1"
    )
    assert kinds == [
        ("circles", "geom", 4326, "MULTIPOLYGON", 2),
        ("lines", "geom", 4326, "MULTILINESTRING", 2),
        ("stations", "geom", 4326, "POINT", 2),
    ]
    indexed = base.sql(
        "SELECT tablename FROM pg_indexes WHERE schemaname = 'hongtu' AND indexdef LIKE '%gist%'"
    )
    assert sorted(indexed) == [("circles",), ("lines",), ("stations",)]
    keys = base.sql(
        "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'p'"
        " AND connamespace = 'hongtu'::regnamespace"
    )
    assert len(keys) == 5
    assert base.one("SELECT obj_description('hongtu.circles'::regclass)") == "Hongtu 宏图: 步行圈"
    assert base.one(
        "SELECT col_description('hongtu.circles'::regclass, attnum) FROM pg_attribute"
        " WHERE attrelid = 'hongtu.circles'::regclass AND attname = 'area_km2'"
    ) == "面积（平方公里） · area (km²)"  # fmt: skip


def test_runs_say_where_rows_come_from(base):
    record = provenance(parameters=(("limits", "5,10"),), points=(("stations", "cd34"),))
    write_postgis(layers(), base.address, record, summary={"share": 0.5, "none": np.nan})
    ((*row,),) = base.sql(
        "SELECT run_id, created, version, datum, flags, attribution, parameters, network, points,"
        " summary FROM hongtu.runs"
    )
    assert row[0] == record.run_id
    assert row[1].isoformat() == "2026-05-01T00:00:00+00:00"
    assert row[2:6] == ["0.1.0", "wgs84", ["sample"], record.attribution]
    assert row[6] == {"limits": "5,10"}
    assert row[7]["digest"] == "ab12"
    assert row[8:] == [{"stations": "cd34"}, {"share": 0.5, "none": None}]
    assert base.one("SELECT DISTINCT run_id FROM hongtu.circles") == record.run_id
    base.sql("DELETE FROM hongtu.runs")
    assert base.one("SELECT count(*) FROM hongtu.circles") == 0, "a run takes its rows with it"


@pytest.mark.parametrize("word", ["gcj02", "bd09", "cgcs2000"])
def test_datums(base, word):
    write_postgis(layers(), base.address, provenance(datum_out=word))
    srid = {"cgcs2000": 4490}.get(word, 0)
    ((x, y, found),) = base.sql(
        "SELECT ST_X(geom), ST_Y(geom), ST_SRID(geom) FROM hongtu.stations WHERE geom IS NOT NULL"
    )
    assert found == srid
    assert (x, y) == pytest.approx(
        tuple(map(float, datum.from_wgs84(118.78, 32.04, word))), abs=1e-7
    )
    assert base.one("SELECT datum FROM hongtu.runs") == word
    assert base.one("SELECT obj_description('hongtu.stations'::regclass)") != "Hongtu 宏图"
    # An area does not change with the numbers of its corners.
    area = layers()[0].frame["area_km2"].iloc[0]
    assert base.one("SELECT min(area_km2) FROM hongtu.circles") == area


def test_values_and_names_of_every_kind(base):
    layer = frame(
        [CENTRE, Point(118.78, 32.04, 17.5)],
        fid=[5, 5],
        geom=["x", "y"],
        run_id=["mine", None],
        **{
            '"; DROP TABLE hongtu.runs; --%(x)s': pd.Series(["\0nul", "\ud800"], dtype=object),
            "服务" * 40: [1, 2],
            "服务" * 40 + "2": [True, False],
            "Name": ["a", "b"],
            "name": ["c", "d"],
            "listed": [["热水", "微波炉"], None],
            "moment": pd.to_datetime(["2026-05-01 08:00", None]).tz_localize("Asia/Shanghai"),
            "number": [np.inf, 0.1],
            "联系人": ["张三", "李四"],
        },
    )
    write_postgis([Layer("Odd %s", layer, None, "", None)], base.address, provenance())
    columns = [
        name
        for (name,) in base.sql(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'Odd %s'"
            " ORDER BY ordinal_position"
        )
    ]
    assert columns[:5] == ["fid", "run_id", "fid_2", "geom_2", "run_id_2"]
    assert all(len(name.encode()) <= 63 for name in columns)
    assert "联系人" not in columns
    first, second = base.sql('SELECT * FROM hongtu."Odd %s" ORDER BY fid')
    one, two = dict(zip(columns, first, strict=True)), dict(zip(columns, second, strict=True))
    assert (one["fid_2"], one["run_id_2"], two["run_id_2"]) == (5, "mine", None)
    assert (one[columns[5]], two[columns[5]]) == ("\ufffdnul", "?")
    assert (one["Name"], one["name_2"], one["listed"]) == ("a", "c", '["热水","微波炉"]')
    assert one["moment"].isoformat() == "2026-05-01T00:00:00+00:00"
    assert (one["number"], two["number"]) == (None, 0.1)
    assert base.one('SELECT max(ST_Z(geom)) FROM hongtu."Odd %s"') == 17.5


def test_empty_layers_and_layers_without_shapes(base):
    found = [
        Layer("gaps", frame([], rank=[]), "gaps", "", None),
        Layer("stations", frame([None], name=["x"]), "stations", "", None),
        Layer("mixed", frame([CENTRE, CENTRE.buffer(0.1)], a=[1, 2]), None, "", None),
    ]
    assert write_postgis(found, base.address, provenance()) == {
        "gaps": 0,
        "stations": 1,
        "mixed": 2,
    }
    kinds = dict(base.sql("SELECT f_table_name, type FROM geometry_columns"))
    assert kinds == {"gaps": "MULTIPOLYGON", "stations": "POINT", "mixed": "GEOMETRY"}


def test_postgis_may_live_in_a_schema_of_its_own(server):
    server.sql("postgres", "CREATE DATABASE apart")
    server.sql("apart", 'CREATE SCHEMA "Geo Ext"', 'CREATE EXTENSION postgis SCHEMA "Geo Ext"')
    address = parse_address(f"{server.url('apart')}?schema=My%20Plan")
    write_postgis(layers(), address, provenance())
    write_postgis(layers(), address, provenance())
    assert server.sql("apart", 'SELECT count(*) FROM "My Plan".circles') == [(2,)]


# --- replace and append -----------------------------------------------------------------------


def test_replace_leaves_this_run_alone(base):
    write_postgis(layers(), base.address, provenance())
    base.sql("CREATE VIEW far AS SELECT * FROM hongtu.circles WHERE minutes > 5")
    other = provenance(command="again")
    write_postgis(layers()[:1], base.address, other)
    assert base.sql("SELECT run_id FROM hongtu.runs") == [(other.run_id,)]
    assert base.one("SELECT count(*) FROM far") == 1, "the view has seen the table change hands"
    assert base.one("SELECT count(*) FROM hongtu.stations") == 0, "no rows of an earlier run"


def test_replace_makes_a_table_anew_whose_columns_differ(base):
    write_postgis(layers(level=["a", "b"]), base.address, provenance())
    write_postgis(layers(level=[1, 2], more=[1, 2]), base.address, provenance())
    assert base.sql("SELECT level, more FROM hongtu.circles ORDER BY fid") == [(1, 1), (2, 2)]
    write_postgis(layers(), base.address, provenance(datum_out="gcj02"))
    assert base.one("SELECT DISTINCT ST_SRID(geom) FROM hongtu.circles") == 0
    base.sql("CREATE VIEW far AS SELECT * FROM hongtu.circles")
    fault = refused("database_dependents", base.address, *layers(level=["a", "b"]))
    assert "--to-mode append" in str(fault)
    assert base.one("SELECT DISTINCT ST_SRID(geom) FROM far") == 0, "nothing was changed"


def test_append_keeps_earlier_runs(base):
    first, second = provenance(command="one"), provenance(command="two")
    write_postgis(layers(), base.address, first, mode="append")
    for _ in range(2):  # the same run twice is one run
        new = {"level": ["a", "b"], "%(100)s": [1, 2]}
        write_postgis(layers(**new), base.address, second, mode="append")
    assert base.one('SELECT max("%(100)s") FROM hongtu.circles') == 2
    assert base.sql(
        "SELECT run_id, count(*), count(level) FROM hongtu.circles GROUP BY 1 ORDER BY 3"
    ) == [(first.run_id, 2, 0), (second.run_id, 2, 2)]
    assert base.one("SELECT count(*) FROM hongtu.runs") == 2


def test_append_refuses_other_types_and_systems(base):
    write_postgis(layers(level=["a", "b"]), base.address, provenance())
    fault = refused("database_types", base.address, *layers(level=[1, 2]), mode="append")
    assert "level" in str(fault)
    assert "hongtu.circles" in str(fault)
    with pytest.raises(OutputError, match="geom"):
        write_postgis(layers(), base.address, provenance(datum_out="bd09"), mode="append")
    assert base.one("SELECT count(*) FROM hongtu.runs") == 1


# --- all or nothing ---------------------------------------------------------------------------


def test_a_refusal_in_the_last_table_undoes_the_first(base):
    write_postgis(layers(), base.address, provenance())
    base.sql("ALTER TABLE hongtu.od ADD CHECK (minutes < 3.6)")
    changed = layers()
    changed[-1] = replace(changed[-1], frame=changed[-1].frame.assign(minutes=99.0))
    fault = refused("database_failed", base.address, *changed[1:], mode="append")
    assert "nothing was written" in str(fault)
    assert base.one("SELECT count(*) FROM hongtu.circles") == 2
    assert base.one("SELECT minutes FROM hongtu.od") == 3.5


def test_a_fault_of_ours_undoes_everything(base, monkeypatch):
    from geo.exports import postgis

    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(postgis, "_ewkb", stop)
    with pytest.raises(KeyboardInterrupt):
        write_postgis(layers(), base.address, provenance())
    assert base.one("SELECT to_regnamespace('hongtu') IS NULL") is True


def test_tables_of_others_are_not_touched(base):
    base.sql("CREATE TABLE public.circles (theirs int)", "INSERT INTO circles VALUES (7)")
    address = parse_address(f"{base.url}?schema=public")
    fault = refused("database_foreign", address)
    assert "circles" in str(fault)
    assert base.sql("SELECT * FROM circles") == [(7,)]
    assert base.one("SELECT to_regclass('public.runs') IS NULL") is True


def test_a_locked_table_is_waited_for_and_then_refused(base, monkeypatch):
    write_postgis(layers(), base.address, provenance())
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 1)
    with connected(base.address) as connection:
        connection.exec_driver_sql("LOCK TABLE hongtu.runs")
        refused("database_locked", base.address)


def test_layers_need_names(base):
    for bad in ([], layers()[:1] * 2, [replace(layers()[0], name="runs")]):
        with pytest.raises(ValueError, match="names"):
            write_postgis(bad, base.address, provenance())
    with pytest.raises(ValueError, match="mode"):
        write_postgis(layers(), base.address, provenance(), mode="merge")


# --- the way there ----------------------------------------------------------------------------


def test_a_database_without_postgis(server):
    server.sql("postgres", "CREATE DATABASE bare")
    with pytest.raises(OutputError, match="CREATE EXTENSION postgis") as refusal:
        check_postgis(parse_address(server.url("bare")))
    assert refusal.value.code == "database_no_postgis"


def test_a_role_without_rights(base):
    base.sql("CREATE ROLE reader LOGIN PASSWORD 'r'")
    address = parse_address(base.server.url(base.name, "reader", "r"))
    with pytest.raises(OutputError, match="no right"):
        check_postgis(address)
    refused("database_denied", address)
    base.sql("CREATE SCHEMA shared", "GRANT CREATE, USAGE ON SCHEMA shared TO reader")
    own = parse_address(f"{base.server.url(base.name, 'reader', 'r')}?schema=shared")
    check_postgis(own)
    assert write_postgis(layers(), own, provenance())["circles"] == 2


def test_no_connection(base, server):
    wrong = parse_address(server.url(base.name, password="Wr0ng-secret"))
    nobody = parse_address("postgresql://a:Wr0ng-secret@127.0.0.1:1/x")
    nothing = parse_address(server.url("no_such_base"))
    for address, said in ((wrong, "password"), (nobody, "refused"), (nothing, "no_such_base")):
        with pytest.raises(OutputError) as refusal:
            check_postgis(address)
        assert refusal.value.code == "database_connect"
        assert said in str(refusal.value)
        for text in (str(refusal.value), repr(address), str(address)):
            assert "Wr0ng-secret" not in text
            assert PASSWORD not in text
    option = parse_address(f"{base.url}?sslmode=wrong-word")
    with pytest.raises(OutputError, match="sslmode"):
        check_postgis(option)


def test_addresses():
    found = parse_address("postgres://me:pw@db.example:5433/gis?schema=plan&sslmode=require")
    assert found.schema == "plan"
    assert found.url.drivername == "postgresql+psycopg"
    assert dict(found.url.query) == {"sslmode": "require"}
    assert str(found) == "postgresql://me@db.example:5433/gis"
    assert "pw" not in repr(found)
    assert parse_address("postgresql:///gis").schema == "hongtu"
    hidden = "s3cret"
    for bad in (
        f"mysql://a:{hidden}@h/x", f"postgresql://a:{hidden}@h", "x", "", "postgresql://",
        f"postgresql://a:{hidden}@h:port/x", f"sqlite:///{hidden}",
    ):  # fmt: skip
        with pytest.raises(RequestError) as refusal:
            parse_address(bad)
        assert refusal.value.code == "database_address"
        assert hidden not in str(refusal.value)
    for schema in ("pg_catalog", "information_schema", "x" * 64, "a&schema=b"):
        with pytest.raises(RequestError) as refusal:
            parse_address(f"postgresql://a:{hidden}@h/x?schema={schema}")
        assert refusal.value.exit_code == 2
        assert hidden not in str(refusal.value)


def test_missing_packages_are_one_sentence(monkeypatch):
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "geoalchemy2" else known(name)
    )
    with pytest.raises(OutputError, match=r"geoalchemy2.*\[postgis\]"):
        parse_address("postgresql://h/x")


# --- the command ------------------------------------------------------------------------------


def hongtu(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HONGTU, "coverage", *words], capture_output=True, text=True, timeout=300,
        env={**os.environ, "HONGTU_LANG": "en", "PYTHONUTF8": "1", **env},
    )  # fmt: skip


def test_the_command_writes_a_run(base, server, tmp_path):
    bare = f"postgresql://postgres@127.0.0.1:{server.port}/{base.name}"
    done = hongtu(
        "--to", bare, "--out", str(tmp_path / "out"), "--minutes", "5,10", "--cell-m", "40",
        "--rings", "--od", "csv", "--od-names", "origin", "--lines", PGPASSWORD=PASSWORD,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"Written to {bare}, schema hongtu: " in done.stdout
    tables = base.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'hongtu'")
    named = {"dissolved", "circles", "responsibility", "gaps", "lines", "demand", "stations", "od"}
    assert {name for (name,) in tables} >= {"runs", *named}
    assert base.one("SELECT count(DISTINCT run_id) FROM hongtu.circles") == 1
    assert base.one("SELECT count(*) FROM hongtu.od WHERE origin IS NULL") == 0
    assert base.one("SELECT flags FROM hongtu.runs")[:2] == ["sample", "schematic"]
    assert base.one(
        "SELECT bool_and(ST_IsValid(geom) AND abs(ST_Area(geom::geography) / 1e6 - area_km2)"
        " < 0.001 * area_km2 + 1e-5) FROM hongtu.dissolved"
    )
    written = "".join(p.read_text("utf-8", "replace") for p in (tmp_path / "out").iterdir())
    assert PASSWORD not in written
    assert bare not in written


def test_the_command_refuses_in_one_sentence(base, server, tmp_path):
    url = server.url(base.name, password="Wr0ng-secret")
    done = hongtu("--to", url, "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "There is no connection" in done.stderr
    assert "Wr0ng-secret" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
