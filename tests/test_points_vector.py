"""Points of GeoPackages and Shapefiles, as stations and demand."""

from __future__ import annotations

import zipfile

import geopandas as gpd
import pytest
from shapely import Point

from geo.errors import PlannerError
from geo.points import preview, read_points


def frame(crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    rows = {"编号": ["A", "B"], "名称": ["甲", "乙"], "类型": ["工会驿站", None]}
    points = [Point(118.79, 32.04), Point(118.78, 32.05)]
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326").to_crs(crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4549", "EPSG:4528", "EPSG:32650"])
def test_a_geopackage_of_any_usual_system(tmp_path, crs):
    path = tmp_path / "a.gpkg"
    frame(crs).to_file(path, layer="stations", engine="pyogrio")
    table = read_points(path, kind="stations", datum="wgs84")
    assert table.frame["id"].tolist() == ["A", "B"]
    assert table.frame["kind"].tolist() == ["工会驿站", None]
    assert table.frame.get_coordinates().to_numpy().ravel() == pytest.approx(
        [118.79, 32.04, 118.78, 32.05], abs=1e-8
    )
    metres = crs not in ("EPSG:4326", "EPSG:4490")
    assert [c for c, _ in table.warnings] == (["crs_metres"] if metres else [])


def test_a_declared_datum_holds_against_the_file_s_system(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().to_file(path, engine="pyogrio")
    table = read_points(path, kind="stations", datum="gcj02")
    assert table.warnings == [("crs_overridden", {"crs": "EPSG:4326", "declared": "gcj02"})]
    assert table.frame.geometry.x[0] == pytest.approx(118.7848, abs=1e-4)


def test_a_system_of_an_old_datum_is_refused(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().set_crs("EPSG:2437", allow_override=True).to_file(path, engine="pyogrio")
    with pytest.raises(PlannerError) as caught:
        read_points(path, kind="stations", datum="wgs84")
    assert caught.value.code == "crs_projected"


def test_a_zipped_shapefile_in_gbk(tmp_path):
    frame("EPSG:4549").to_file(tmp_path / "站点.shp", encoding="gb18030", engine="pyogrio")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in tmp_path.glob("站点.*"):
            archive.write(part, part.name)
    table = read_points(path, kind="stations", datum="cgcs2000")
    assert table.frame["name"].tolist() == ["甲", "乙"]
    assert table.frame.geometry.y.tolist() == pytest.approx([32.04, 32.05], abs=1e-8)
    assert preview(path, kind="stations").sheets[0].roles["id"] == "编号"


def test_one_layer_of_several_is_named(tmp_path):
    path = tmp_path / "a.gpkg"
    for layer in ("one", "two"):
        frame().to_file(path, layer=layer, engine="pyogrio")
    with pytest.raises(PlannerError):
        read_points(path, kind="stations", datum="wgs84")
    assert len(read_points(path, kind="stations", datum="wgs84", sheets=["two"])) == 2
    with pytest.raises(PlannerError) as caught:
        read_points(path, kind="stations", datum="wgs84", sheets=["one", "two"])
    assert caught.value.code == "one_layer"


def test_metres_without_a_system_in_the_file(tmp_path):
    path = tmp_path / "a.shp"
    frame("EPSG:4549").to_file(path, engine="pyogrio", encoding="utf-8")
    path.with_suffix(".prj").unlink()
    with pytest.raises(PlannerError) as caught:
        read_points(path, kind="stations", datum="wgs84")
    assert caught.value.code == "none_usable_projected"
    table = read_points(path, kind="stations", datum="wgs84", crs="EPSG:4549")
    assert table.frame.geometry.x.tolist() == pytest.approx([118.79, 118.78], abs=1e-8)
