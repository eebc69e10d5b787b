"""Networks on disk: whole or not at all, opened by memory map, refused when damaged."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from drawn_network import draw, way
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import MissingFileError, NetworkError, OutputError
from geo.network import (
    FORMAT_VERSION,
    EdgeFlag,
    WalkNetwork,
    is_network,
    load_network,
    network_digest,
    save_network,
    store,
)
from geo.network.store import ARRAYS


def city(side: float = 500) -> WalkNetwork:
    network = draw(
        way((0, 0), (side, 0), (side, side)),
        way((side, 0), (2 * side, 0), flags=EdgeFlag.STEPS, highway="steps"),
        water=[shapely.box(100, 100, 200, 200), shapely.box(300, 100, 350, 200)],
        barriers=[shapely.LineString([(0, 50), (90, 50)])],
    )
    meta = replace(network.meta, name="城", notes=(("ways", 2), ("rules", "hongtu")))
    return replace(network, meta=meta, names=("中山路",), edge_name=network.edge_u * 0)


@pytest.fixture
def saved(tmp_path) -> Path:
    save_network(city(), tmp_path / "net")
    return tmp_path / "net"


def same(a: WalkNetwork, b: WalkNetwork) -> bool:
    arrays = all(
        np.array_equal(getattr(a, name), getattr(b, name))
        and getattr(a, name).dtype == getattr(b, name).dtype
        for name in ARRAYS
    )
    rest = ("meta", "names", "highways", "water_wkb", "barrier_wkb")
    return arrays and all(getattr(a, name) == getattr(b, name) for name in rest)


def refused(path: Path, code: str = "network_damaged", **options: bool) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        load_network(path, **options)
    assert caught.value.code == code
    for lang in ("zh", "en"):
        assert path.name in caught.value.sentence(lang)
        assert "\n" not in caught.value.sentence(lang)
    return caught.value


# --- there and back --------------------------------------------------------------------------


def test_there_and_back(saved):
    network = load_network(saved)
    assert same(network, city())
    assert network.folder == str(saved)
    assert len(network.water) == 2
    assert is_network(saved)


@given(st.lists(st.tuples(*[st.integers(0, 900)] * 2), min_size=2, max_size=9, unique=True))
@settings(max_examples=25, deadline=None)
def test_any_way_there_and_back(tmp_path_factory, points):
    network = draw(way(*points))
    folder = tmp_path_factory.mktemp("any") / "net"
    save_network(network, folder)
    assert same(load_network(folder, verify=True), network)


def test_a_network_without_water(tmp_path):
    network = draw(way((0, 0), (100, 0)))
    save_network(network, tmp_path / "net")
    assert load_network(tmp_path / "net").water_wkb == ()


def test_geometry_stays_on_the_disk(saved):
    """Arrays are read-only views of their files."""
    network = load_network(saved)
    for name in ARRAYS:
        array = getattr(network, name)
        assert type(array) is np.ndarray
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


def test_the_files_have_the_permissions_of_any_new_file(saved, tmp_path):
    (tmp_path / "plain").mkdir()
    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_saving_what_was_opened_onto_itself(saved):
    network = load_network(saved)
    save_network(network, saved)
    assert same(load_network(saved), city())


def test_a_link_is_followed(saved, tmp_path):
    (tmp_path / "link").symlink_to(saved)
    save_network(city(700), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert same(load_network(saved), city(700))


# --- whole or not at all ---------------------------------------------------------------------


def leftovers(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]


def test_a_new_network_replaces_the_old_one_and_what_was_derived_from_it(saved):
    (saved / "cache" / "lattice-1").mkdir(parents=True)
    save_network(city(700), saved)
    assert same(load_network(saved), city(700))
    assert not (saved / "cache").exists()
    assert leftovers(saved.parent) == []


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "net").mkdir()
    save_network(city(), tmp_path / "net")
    assert same(load_network(tmp_path / "net"), city())


def test_folders_above_are_made(tmp_path):
    save_network(city(), tmp_path / "a" / "b" / "net")
    assert is_network(tmp_path / "a" / "b" / "net")


@pytest.mark.parametrize("make", ["file", "folder"])
def test_something_else_is_left_alone(tmp_path, make):
    target = tmp_path / "net"
    if make == "file":
        target.write_text("thesis")
    else:
        target.mkdir()
        (target / "thesis.docx").write_text("thesis")
    with pytest.raises(OutputError) as caught:
        save_network(city(), target)
    assert caught.value.code == "network_in_the_way"
    assert "thesis" in (target if make == "file" else target / "thesis.docx").read_text()


def test_a_network_with_someone_s_files_in_it_is_left_alone(saved):
    (saved / "results.csv").write_text("a year of work")
    with pytest.raises(OutputError, match=r"results\.csv"):
        save_network(city(700), saved)
    assert same(load_network(saved), city())


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 3, len(ARRAYS) - 1])
def test_a_stop_while_writing_leaves_the_old_network(saved, monkeypatch, fault, at):
    calls = iter(range(1000))
    write = np.save

    def stumble(*args, **kwargs):
        if next(calls) == at:
            raise fault
        write(*args, **kwargs)

    monkeypatch.setattr(store.np, "save", stumble)
    with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
        save_network(city(700), saved)
    if isinstance(fault, OSError):
        assert "No space left" in str(caught.value)
    assert same(load_network(saved), city())
    assert leftovers(saved.parent) == []


@pytest.mark.parametrize("fault", [OSError(13, "Permission denied"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 1])
def test_a_stop_while_changing_places_leaves_the_old_network(saved, monkeypatch, fault, at):
    """The old folder steps aside, the new one takes its place: either step may fail."""
    calls = iter(range(1000))
    move = os.replace

    def stumble(*args):
        if next(calls) == at:
            raise fault
        move(*args)

    monkeypatch.setattr(store.os, "replace", stumble)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        save_network(city(700), saved)
    assert same(load_network(saved), city())
    assert leftovers(saved.parent) == []


@pytest.mark.parametrize("name", ["x" * 300, "x\0y", "file/net"])
def test_names_that_cannot_be(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        save_network(city(), tmp_path / name)
    assert caught.value.code == "network_unwritable"
    assert caught.value.params["detail"]


# --- damaged ---------------------------------------------------------------------------------


def test_no_such_folder(tmp_path):
    with pytest.raises(MissingFileError):
        load_network(tmp_path / "no")
    with pytest.raises(MissingFileError):
        load_network(tmp_path / ("x" * 300))


def test_another_kind_of_folder(tmp_path):
    (tmp_path / "net").mkdir()
    refused(tmp_path / "net", "network_missing")
    assert not is_network(tmp_path)


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (FORMAT_VERSION + 1, "network_newer"),
        (0, "network_older"),
        ("1", "network_damaged"),
        (None, "network_damaged"),
    ],
)
def test_other_versions(saved, version, code):
    edit_head(saved, lambda head: {**head, "format_version": version})
    refused(saved, code)


def edit_head(folder: Path, change) -> None:
    path = folder / "network.json"
    path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), encoding="utf-8")


@pytest.mark.parametrize("name", [*(f"{n}.npy" for n in ARRAYS), "names.json", "water.wkb",
                                  "water_size.npy", "barrier.wkb", "barrier_size.npy"])  # fmt: skip
@pytest.mark.parametrize("harm", ["missing", "empty", "cut", "text"])
def test_a_damaged_file(saved, name, harm):
    path = saved / name
    whole = path.read_bytes()
    path.unlink()
    if harm != "missing":
        path.write_bytes({"empty": b"", "cut": whole[:-3], "text": b"hello"}[harm])
    refused(saved)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", '{"format_version": 1}', "[" * 20_000, "\x00", '"x"'],
)
def test_a_damaged_head(saved, text):
    (saved / "network.json").write_text(text)
    refused(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"meta": []},
        {"meta": None},
        {"meta": {}},
        {"highways": 5},
        {"highways": None},
        {"highways": ["a", 1]},
        {"highways": []},
    ],
)
def test_a_head_of_other_things(saved, change):
    edit_head(saved, lambda head: {**head, **change})
    refused(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": [0, 0, 500, 1]},
        {"bbox": ["a", 0, 1, 1]},
        {"notes": 7},
        {"flags": 7},
        {"surprise": 1},
    ],
)
def test_a_meta_of_other_things(saved, change):
    edit_head(saved, lambda head: {**head, "meta": {**head["meta"], **change}})
    refused(saved)


@pytest.mark.parametrize("names", ["5", "{}", '["a", 1]', "[", '"中山路"', "[]"])
def test_names_of_other_things(saved, names):
    (saved / "names.json").write_text(names, encoding="utf-8")
    refused(saved)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("edge_u", -1),
        ("edge_v", 10**6),
        ("arc_head", 10**6),
        ("arc_head", -1),
        ("arc_edge", 10**6),
        ("indptr", 10**9),
        ("indptr", -1),
        ("coord_ptr", 10**9),
        ("coord_ptr", 0),
        ("edge_highway", 9),
        ("edge_highway", -1),
        ("edge_name", 9),
        ("edge_name_en", -2),
        ("edge_length_m", -1.0),  # would send Dijkstra round in circles
        ("edge_length_m", np.nan),
        ("edge_length_m", np.inf),
        ("node_lon", np.nan),
        ("node_lat", 91.0),
    ],
)
def test_numbers_that_lead_outside(saved, name, value):
    path = saved / f"{name}.npy"
    array = np.load(path)
    array[1] = value
    np.save(path, array)
    assert name in refused(saved).params["detail"]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(3, dtype="i4"),
        np.zeros((2, 2)),
        np.zeros(0),
        np.array(["a", "b", "c"]),
        np.array(3.0),
    ],
)
def test_arrays_of_other_kinds(saved, array):
    np.save(saved / "edge_length_m.npy", array)
    refused(saved)


def test_a_pickle_is_never_opened(saved):
    np.save(saved / "edge_u.npy", np.array([{}], dtype=object), allow_pickle=True)
    refused(saved)
    np.savez(saved / "x.npz", a=np.zeros(3))
    shutil.move(saved / "x.npz", saved / "edge_u.npy")
    refused(saved)


@pytest.mark.parametrize("value", [np.nan, 1e6, np.inf])
def test_a_position_gone_astray_is_found_when_geometry_is_used(saved, value):
    """Opening does not read positions; projecting them does."""
    path = saved / "coords.npy"
    array = np.load(path)
    array[2, 0] = value
    np.save(path, array)
    network = load_network(saved)
    with pytest.raises(NetworkError) as caught:
        _ = network.planar
    assert caught.value.code == "network_damaged"
    assert "net" in caught.value.sentence("zh")


def test_every_change_is_found_on_demand(saved):
    """A street moved by a metre breaks no rule; the digest knows."""
    network = city()
    save_network(replace(network, meta=replace(network.meta, digest="")), saved)
    path = saved / "coords.npy"
    edit_head(saved, lambda h: {**h, "meta": {**h["meta"], "digest": network_digest(network)}})
    load_network(saved, verify=True)
    array = np.load(path)
    array[1, 0] += 1e-5
    np.save(path, array)
    load_network(saved)
    assert refused(saved, verify=True).params["detail"] == "digest"


def test_random_bytes_never_crash(saved):
    """A hundred harmed folders open or are refused; nothing else happens."""
    rng = np.random.default_rng(7)
    names = sorted(p.name for p in saved.iterdir())
    for _ in range(100):
        path = saved / names[rng.integers(len(names))]
        whole = path.read_bytes()
        harmed = bytearray(whole)
        at = int(rng.integers(len(harmed)))
        harmed[at : at + 4] = rng.bytes(4)
        path.write_bytes(harmed)
        with suppress(NetworkError):
            load_network(saved)
        path.write_bytes(whole)
