"""Vector files that are broken, huge or malicious: one sentence, nothing read, nothing left."""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from drawn_vector import frame, geojson, save, shapefile, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from geo.errors import MissingFileError, PlannerError, RequestError
from geo.vector import Features, layers_of, limits, read_features
from geo.vector import archive as archive_module
from geo.vector import geojson as geojson_module
from geo.vector import ogr as ogr_module
from geo.vector import reading as reading_module

LINES = [LineString([(0, 0), (10, 0), (20, 5)]), LineString([(5, 5), (6, 6)])]
SECRET = "geheim"
FUZZ = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory, monkeypatch):
    """Scratch goes to a folder of its own, which is empty again after every test."""
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def refused(path: Path, code: str | None = None, **how: object) -> PlannerError:
    with pytest.raises(PlannerError) as caught:
        read_features(path, **{"geometry": "lines", **how})
    fault = caught.value
    for lang in ("zh", "en"):
        sentence = fault.sentence(lang)
        assert "\n" not in sentence
        assert len(sentence) < 600
        assert SECRET not in sentence
    assert code is None or fault.code == code, fault.sentence()
    return fault


def read_or_refuse(path: Path) -> Features | None:
    """Read lines; None where the file is refused, which must be in a sentence."""
    try:
        return read_features(path, geometry="lines")
    except PlannerError as fault:
        sentence = fault.sentence("zh")
    assert sentence
    assert "\n" not in sentence
    return None


def good_gpkg(path: Path, rows: int = 2) -> Path:
    lines = [LineString([(i, 0), (i, 10)]) for i in range(rows)]
    return save(frame(lines, "EPSG:4549", name=["街"] * rows), path, layer="streets")


# --- what a name says and a file is not -------------------------------------------------------


@pytest.mark.parametrize("ending", [".geojson", ".json", ".gpkg", ".shp", ".zip"])
def test_a_vrt_under_every_name_reads_no_other_file(tmp_path, ending):
    target = geojson(tmp_path / "other.geojson", LINES, name=[SECRET, SECRET])
    vrt = (
        '<OGRVRTDataSource><OGRVRTLayer name="OGRGeoJSON">'
        f"<SrcDataSource>{target}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    path = tmp_path / f"a{ending}"
    path.write_text(vrt)
    (tmp_path / "a.shx").write_text(vrt)
    assert refused(path).code in ("json_broken", "vector_kind", "zip_broken")


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".shp", ".zip"])
@pytest.mark.parametrize(
    "content",
    [
        b"GPKG:/etc/passwd",
        b"/vsicurl/http://127.0.0.1:9/a.gpkg",
        b"SQLite format 3\0" + bytes(84),
        b"\0\0\x27\x0a",
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),
        b"\0" * 1000,
        b"lon,lat\n1,1\n",
        b"<kml/>",
    ],
)
def test_something_else_under_a_vector_name(tmp_path, ending, content):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    refused(path)


def test_a_plain_sqlite_database_is_no_geopackage(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as base:
        base.execute("CREATE TABLE t (x)")
        base.commit()
    refused(tmp_path / "a.gpkg", "vector_kind")


@pytest.mark.parametrize(
    "name", ["a.kml", "a.gml", "a.tab", "a.gdb", "a.vrt", "a", "a.shp.zip.vrt"]
)
def test_other_endings(tmp_path, name):
    (tmp_path / name).write_text("x")
    assert ".gpkg" in refused(tmp_path / name, "vector_suffix").sentence()


def test_no_file_a_folder_and_nothing(tmp_path):
    assert isinstance(refused(tmp_path / "no.gpkg", "file_missing"), MissingFileError)
    (tmp_path / "a.gpkg").mkdir()
    refused(tmp_path / "a.gpkg", "file_is_folder")
    (tmp_path / "b.gpkg").touch()
    refused(tmp_path / "b.gpkg", "file_empty")
    os.mkfifo(tmp_path / "c.gpkg")
    refused(tmp_path / "c.gpkg", "file_not_regular")
    refused(Path("a\0.gpkg"), "file_unreadable")


# --- GeoPackage -------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.999])
def test_a_geopackage_that_is_cut_off(tmp_path, share):
    path = good_gpkg(tmp_path / "a.gpkg", 3000)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, "vector_damaged")


def test_a_geopackage_with_wrong_pages(tmp_path):
    path = good_gpkg(tmp_path / "a.gpkg", 3000)
    whole = path.read_bytes()
    full = read_features(path, geometry="lines")
    for page in range(1, len(whole) // 4096, 7):
        path.write_bytes(whole[: page * 4096] + b"\xaa" * 4096 + whole[(page + 1) * 4096 :])
        found = read_or_refuse(path)
        # Read all the same: a page of the index, or one that holds nothing.
        assert found is None or len(found) == len(full), page


def rewritten(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            base.execute(statement)
        base.commit()
    return path


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"


def test_views_and_triggers_are_never_run(tmp_path):
    path = rewritten(
        good_gpkg(tmp_path / "a.gpkg"),
        f"CREATE VIEW endless AS {ENDLESS}",
        f"CREATE TRIGGER t BEFORE DELETE ON gpkg_contents BEGIN {ENDLESS}; END",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('endless', 'features', 'endless')",
        "INSERT INTO gpkg_geometry_columns SELECT 'endless', column_name, geometry_type_name, "
        "srs_id, z, m FROM gpkg_geometry_columns",
    )
    before = path.read_bytes()
    assert layers_of(path) == ["streets"]
    assert len(read_features(path, geometry="lines")) == 2
    refused(path, "layer_unknown", layer="endless")
    assert path.read_bytes() == before


def test_a_list_of_layers_that_is_a_view(tmp_path):
    path = rewritten(
        good_gpkg(tmp_path / "a.gpkg"),
        "ALTER TABLE gpkg_contents RENAME TO real_contents",
        f"CREATE VIEW gpkg_contents AS SELECT *, ({ENDLESS}) AS n FROM real_contents",
    )
    refused(path, "vector_damaged")


def test_columns_that_are_computed(tmp_path):
    path = rewritten(
        good_gpkg(tmp_path / "a.gpkg"),
        "ALTER TABLE streets ADD COLUMN big AS (hex(zeroblob(400000000)))",
    )
    assert "streets" in refused(path, "vector_program").sentence()


def test_virtual_tables(tmp_path):
    path = rewritten(
        good_gpkg(tmp_path / "a.gpkg"),
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', 'v', "
        "'v', 0, 'CREATE VIRTUAL TABLE v USING VirtualOGR(''/etc/passwd'')')",
    )
    refused(path, "vector_program")


def test_work_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_SECONDS", -1.0)
    refused(good_gpkg(tmp_path / "a.gpkg", 5000), "vector_slow")
    shp = shapefile(tmp_path / "b.shp", frame(LINES, n=[1, 2]))
    refused(shp, "vector_slow")


def test_a_geopackage_that_is_being_written(tmp_path):
    path = good_gpkg(tmp_path / "a.gpkg")
    (tmp_path / "a.gpkg-wal").write_bytes(b"x")
    refused(path, "vector_in_use")


def test_empty_layers_and_other_kinds(tmp_path):
    refused(save(frame([], n=[]), tmp_path / "a.gpkg", layer="空"), "vector_empty")
    refused(shapefile(tmp_path / "a.shp", frame(LINES[:0], n=[]).set_crs(4549)), "vector_empty")
    refused(geojson(tmp_path / "a.geojson", []), "vector_empty")
    refused(geojson(tmp_path / "b.geojson", [Point(1, 1)]), "no_lines")
    refused(shapefile(tmp_path / "b.shp", frame([Point(1, 1)], n=[1])), "no_lines")
    fault = refused(good_gpkg(tmp_path / "b.gpkg"), "no_areas", geometry="areas")
    assert fault.params["found"] == "LineString"


def test_a_table_without_geometry(tmp_path):
    with closing(sqlite3.connect(good_gpkg(tmp_path / "a.gpkg"))) as base:
        base.execute("UPDATE gpkg_contents SET data_type = 'attributes'")
        base.commit()
    refused(tmp_path / "a.gpkg", "vector_no_layer")


def test_requests_that_make_no_sense(tmp_path):
    path = good_gpkg(tmp_path / "a.gpkg")
    assert isinstance(refused(path, "layer_unknown", layer="x" * 500), RequestError)
    assert isinstance(refused(path, "kind_unknown", geometry="volumes"), RequestError)
    save(frame(LINES, n=[1, 2]), path, layer="more")
    assert "streets, more" in refused(path, "layer_several").sentence()


# --- Shapefile --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["shp", "zip"])
def test_a_shapefile_without_its_index(tmp_path, form):
    shp = shapefile(tmp_path / "in/a.shp", frame(LINES, n=[1, 2]))
    path = zipped(tmp_path / "a.zip", shp, without=".shx")
    if form == "shp":
        shp.with_suffix(".shx").unlink()
        path = shp
    assert refused(path, "shapefile_part").params["part"] == "a.shx"


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_shapefile_that_is_cut_off(tmp_path, part, share):
    lines = [LineString([(i, 0), (i, 1)]) for i in range(400)]
    shp = shapefile(tmp_path / "a.shp", frame(lines, name=["街"] * 400))
    whole = shp.with_suffix(part).read_bytes()
    shp.with_suffix(part).write_bytes(whole[: int(len(whole) * share)])
    found = read_or_refuse(shp)
    if found is not None:  # whatever is missing is told, feature by feature
        assert len(found) - len(found.faults) < 400 or found.own.isna().any(axis=None)


def test_parts_that_are_other_files(tmp_path):
    shp = shapefile(tmp_path / "a.shp", frame(LINES, n=[1, 2]))
    shp.with_suffix(".dbf").write_text(f"{SECRET}\n" * 10)
    refused(shp, "vector_kind")
    shp.with_suffix(".dbf").unlink()
    os.mkfifo(shp.with_suffix(".dbf"))
    refused(shp, "file_not_regular")


def test_a_prj_that_is_none(tmp_path):
    shp = shapefile(tmp_path / "a.shp", frame(LINES, "EPSG:4549", n=[1, 2]))
    for text in ("", "not a projection", "\0\xff" * 100):
        shp.with_suffix(".prj").write_text(text, encoding="latin-1")
        assert read_features(shp, geometry="lines").crs is None
    shp.with_suffix(".prj").write_text("PROJCS[" * 5000)
    refused(shp, "vector_damaged")


def test_a_dbf_in_no_encoding(tmp_path):
    shp = shapefile(tmp_path / "a.shp", frame(LINES, name=["abcdef", "x"]))
    table = shp.with_suffix(".dbf").read_bytes().replace(b"abcdef", b"\xff\xfe\xff\xff\xff\xff")
    shp.with_suffix(".dbf").write_bytes(table)
    refused(shp, "encoding_unknown")


# --- zip --------------------------------------------------------------------------------------


def packed(path: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../a.shp", "/etc/a.shp", "x/../../a.shp", "..\\a.shp", "C:\\a.shp", "x/.."]
)
def test_names_that_lead_outside(tmp_path, name):
    path = packed(tmp_path / "a.zip", [(name, b"x")])
    refused(path, "zip_path")
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_a_link_in_a_zip(tmp_path):
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(packed(tmp_path / "a.zip", [(link, b"/etc/passwd")]), "zip_link")


def test_ten_thousand_members(tmp_path):
    path = packed(tmp_path / "a.zip", [(f"{i}.txt", b"") for i in range(10_000)])
    refused(path, "zip_members")


def test_a_count_that_lies(tmp_path):
    path = packed(tmp_path / "a.zip", [(f"{i}.txt", b"") for i in range(10_000)])
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    data[at + 8 : at + 12] = struct.pack("<HH", 3, 3)
    path.write_bytes(data)
    refused(path, "zip_members")


def test_a_bomb(tmp_path):
    path = packed(tmp_path / "a.zip", [("a.shp", bytes(50_000_000))])
    assert path.stat().st_size < 100_000
    refused(path, "zip_too_large")


def test_a_member_larger_than_it_says(tmp_path):
    shp = shapefile(tmp_path / "in/a.shp", frame(LINES, n=[1, 2]))
    path = zipped(tmp_path / "a.zip", shp)
    size = shp.stat().st_size
    data = path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", size - 50))
    path.write_bytes(data)
    assert refused(path).code in ("zip_too_large", "zip_broken")


def test_passwords_other_methods_and_broken_data(tmp_path):
    path = packed(tmp_path / "a.zip", [("a.shp", b"x" * 100)])
    data = path.read_bytes()
    at = data.find(b"PK\x01\x02")
    path.write_bytes(data[: at + 8] + b"\x01" + data[at + 9 :])
    refused(path, "zip_password")
    path.write_bytes(data[: at + 10] + b"\x63" + data[at + 11 :])
    refused(path, "zip_broken")
    for cut in (5, len(data) // 2, len(data) - 5):
        path.write_bytes(data[:cut])
        refused(path, "zip_broken")
    shp = shapefile(tmp_path / "in/a.shp", frame(LINES, n=[1, 2]))
    whole = bytearray(zipped(path, shp).read_bytes())
    whole[60:90] = b"\xff" * 30
    path.write_bytes(whole)
    refused(path, "zip_broken")


def test_a_zip_without_a_shapefile(tmp_path):
    refused(packed(tmp_path / "a.zip", [("a.txt", b"x")]), "vector_no_layer")


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        ("MAX_ROWS", 1, "too_many_rows"),
        ("MAX_VERTICES", 4, "too_many_vertices"),
        ("MAX_COLUMNS", 1, "too_many_columns"),
        ("MAX_CELL", 3, "cell_too_long"),
    ],
)
@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp"])
def test_limits(tmp_path, monkeypatch, form, limit, value, code):
    columns = {"a": ["街道一号", "x"], "b": ["y", "z"]}
    if form == "geojson":
        path = geojson(tmp_path / "a.geojson", LINES, **columns)
    else:
        path = save(frame(LINES, "EPSG:4549", **columns), tmp_path / f"a.{form}")
    assert len(read_features(path, geometry="lines")) == 2
    monkeypatch.setattr(geojson_module, limit, value)
    monkeypatch.setattr(ogr_module, limit, value)
    refused(path, code)


def test_limits_of_bytes_and_members(tmp_path, monkeypatch):
    shp = shapefile(tmp_path / "in/a.shp", frame(LINES, n=[1, 2]))
    path = zipped(tmp_path / "a.zip", shp)
    monkeypatch.setattr(archive_module, "MAX_MEMBERS", 3)
    refused(path, "zip_members")
    monkeypatch.setattr(reading_module, "MAX_BYTES", shp.stat().st_size + 1)
    refused(shp, "file_too_large")  # its parts count together


# --- anything ---------------------------------------------------------------------------------


@FUZZ
@given(data=st.binary(max_size=400), ending=st.sampled_from([".gpkg", ".shp", ".zip", ".geojson"]))
def test_any_bytes(tmp_path, data, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    refused(path)


@FUZZ
@given(data=st.data(), form=st.sampled_from(["gpkg", "shp", "zip"]))
def test_any_bytes_exchanged(tmp_path, data, form):
    path = tmp_path / f"a.{form}"
    if not (tmp_path / f"whole.{form}").exists():
        if form == "gpkg":
            good_gpkg(path)
        else:
            shp = shapefile(tmp_path / "a.shp", frame(LINES, "EPSG:4549", name=["街", "巷"]))
            zipped(tmp_path / "a.zip", shp)
        (tmp_path / f"whole.{form}").write_bytes(path.read_bytes())
    whole = bytearray((tmp_path / f"whole.{form}").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    found = read_or_refuse(path)
    if found is not None:
        assert len(found.own) == len(found.geometry) == len(found.rows)
        assert all((shape is None) == (i in found.faults) for i, shape in enumerate(found.geometry))
