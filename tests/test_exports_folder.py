"""Results appear whole or not at all, and nothing of the user's is touched."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from geo.errors import OutputError
from geo.exports import (
    Layer,
    OutputFolder,
    Provenance,
    write_atomic,
    write_csv,
    write_geojson,
    write_geopackage,
)
from geo.exports.atomic import staging_prefix

RECORD = Provenance(version="0.1.0", created="2026-05-01T08:00:00+08:00")
ROOT = Path(__file__).parents[1]


def points() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(118.78, 32.04)], crs=4326)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, hidden staging included, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def fill(target: Path, *names: str, content: str = "new") -> OutputFolder:
    with OutputFolder(target, RECORD) as out:
        for name in names:
            out.path(name).write_text(content, encoding="utf-8")
    return out


def run_file(target: Path) -> dict:
    return json.loads((target / "run.json").read_text(encoding="utf-8"))


# --- a whole run -----------------------------------------------------------------------------


def test_a_run_leaves_its_files_and_its_record(tmp_path):
    target = tmp_path / "out" / "nanjing"
    with OutputFolder(target, RECORD, {"stations": np.int64(3)}) as out:
        write_geojson(points(), out.path("stations.geojson"), RECORD)
        out.path("maps/a.txt").write_text("x", encoding="utf-8")
        out.summary["share"] = float("nan")
        assert not target.exists()
    assert sorted(tree(tmp_path)) == [
        "out",
        "out/nanjing",
        "out/nanjing/maps",
        "out/nanjing/maps/a.txt",
        "out/nanjing/run.json",
        "out/nanjing/stations.geojson",
    ]
    record = run_file(target)
    assert record["files"] == ["maps/a.txt", "stations.geojson"]
    assert record["summary"] == {"stations": 3, "share": None}
    assert record["hongtu"] == RECORD.as_dict()
    assert [path.name for path in out.files] == ["a.txt", "stations.geojson", "run.json"]
    assert all(path.is_file() for path in out.files)


def test_the_same_run_gives_the_same_record(tmp_path):
    fill(tmp_path / "a", "x.txt")
    fill(tmp_path / "b", "x.txt")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_stale_files_of_the_last_run_go_and_the_users_stay(tmp_path):
    fill(tmp_path / "out", "circles.geojson", "maps/old.txt", "same.txt", content="old")
    (tmp_path / "out" / "notes.docx").write_bytes(b"mine")
    (tmp_path / "out" / "maps2").mkdir()
    fill(tmp_path / "out", "circles.gcj02.geojson", "same.txt")
    found = tree(tmp_path / "out")
    assert sorted(found) == ["circles.gcj02.geojson", "maps2", "notes.docx", "run.json", "same.txt"]
    assert found["notes.docx"] == b"mine"
    assert found["same.txt"] == b"new"


def test_a_users_file_in_a_folder_of_ours_keeps_the_folder(tmp_path):
    fill(tmp_path / "out", "maps/old.txt")
    (tmp_path / "out" / "maps" / "mine.txt").write_bytes(b"mine")
    fill(tmp_path / "out", "new.txt")
    assert (tmp_path / "out" / "maps" / "mine.txt").read_bytes() == b"mine"
    assert not (tmp_path / "out" / "maps" / "old.txt").exists()


@pytest.mark.parametrize("name", ["../precious.txt", "/precious.txt", "a/../../precious.txt", ""])
def test_a_tampered_record_removes_nothing_outside(tmp_path, name):
    fill(tmp_path / "out", "a.txt")
    precious = tmp_path / "precious.txt"
    precious.write_bytes(b"mine")
    record = run_file(tmp_path / "out")
    record["files"] = [name, str(precious), 7]
    (tmp_path / "out" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    fill(tmp_path / "out", "b.txt")
    assert precious.read_bytes() == b"mine"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_bytes(b"mine")
    fill(tmp_path / "out", "maps/precious.txt")
    (tmp_path / "out" / "maps" / "precious.txt").unlink()
    (tmp_path / "out" / "maps").rmdir()
    (tmp_path / "out" / "maps").symlink_to(outside)
    fill(tmp_path / "out", "b.txt")
    assert (outside / "precious.txt").read_bytes() == b"mine"


def test_a_linked_target_stays_a_link(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    fill(tmp_path / "link", "a.txt")
    assert (tmp_path / "link").is_symlink()
    assert (real / "a.txt").read_bytes() == b"new"


def test_an_unwritable_neighbourhood_is_worked_around(tmp_path, monkeypatch):
    """A mounted folder whose parent is closed: staging goes inside and is gone afterwards."""
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == tmp_path / "out")
    with OutputFolder(tmp_path / "out", RECORD) as out:
        staged = out.path("a.txt")
        staged.write_text("x", encoding="utf-8")
        assert staged.is_relative_to(tmp_path / "out")
    assert sorted(tree(tmp_path / "out")) == ["a.txt", "run.json"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o002])
def test_permissions_follow_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        with OutputFolder(tmp_path / "out", RECORD) as out:
            write_csv(points(), out.path("deep/a.csv"), RECORD)
            write_geopackage([Layer("p", points())], out.path("a.gpkg"), RECORD)
        write_atomic(tmp_path / "single", b"x")
    finally:
        os.umask(before)
    for name in ("out/deep/a.csv", "out/run.json", "single"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o666 & ~umask
    # SQLite never gives more than 0644.
    assert stat.S_IMODE((tmp_path / "out/a.gpkg").stat().st_mode) == 0o644 & ~umask
    for name in ("out", "out/deep"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o777 & ~umask


# --- a run that does not end -----------------------------------------------------------------


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("existing", [True, False])
def test_a_run_that_breaks_off_leaves_everything_as_it_was(tmp_path, fault, existing):
    if existing:
        fill(tmp_path / "deep" / "out", "a.txt", content="old")
    before = tree(tmp_path)
    out = OutputFolder(tmp_path / "deep" / "out", RECORD)

    def run() -> None:
        with out:
            out.path("a.txt").write_text("new", encoding="utf-8")
            raise fault

    with pytest.raises(fault):
        run()
    assert tree(tmp_path) == before
    assert out.files == ()


class Interrupting:
    """Stands in for ``os.replace`` and stops the run at its n-th call."""

    def __init__(self, after: int, fault: BaseException) -> None:
        self.left, self.fault, self.real = after, fault, os.replace

    def __call__(self, source, target) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.fault
        self.real(source, target)


@pytest.mark.parametrize(
    ("links", "call"), [(True, n) for n in range(1, 6)] + [(False, n) for n in range(1, 10)]
)
def test_a_move_that_breaks_off_is_undone(tmp_path, monkeypatch, call, links):
    """Ctrl-C between any two moves, with hard links and on a disk that has none."""
    target = tmp_path / "out"
    fill(target, "a.txt", "b.txt", "gone.txt", content="old")
    (target / "mine.txt").write_bytes(b"mine")
    before = tree(tmp_path)
    if not links:

        def no_links(*args, **kwargs):
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(os, "replace", Interrupting(call, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        fill(target, "a.txt", "b.txt", "c.txt")
    monkeypatch.undo()
    assert tree(tmp_path) == before


def test_an_unbroken_move_changes_the_folder_in_five_steps(tmp_path, monkeypatch):
    """So that the test above does break off at every step there is."""
    fill(tmp_path / "out", "a.txt", "b.txt", "gone.txt", content="old")
    counting = Interrupting(10_000, KeyboardInterrupt())
    monkeypatch.setattr(os, "replace", counting)
    fill(tmp_path / "out", "a.txt", "b.txt", "c.txt")
    assert 10_000 - counting.left == 5
    assert sorted(tree(tmp_path / "out")) == ["a.txt", "b.txt", "c.txt", "run.json"]


def test_a_move_that_is_refused_names_the_file_and_is_undone(tmp_path, monkeypatch):
    target = tmp_path / "out"
    refusal = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "replace", Interrupting(3, refusal))
    with pytest.raises(OutputError) as refused:
        fill(target, "a.txt", "b.txt")
    monkeypatch.undo()
    assert refused.value.code == "output_no_room"
    assert refused.value.params["path"] == str(target / "b.txt")
    assert tree(tmp_path) == {}


def test_staging_of_a_killed_run_is_swept_and_that_of_a_live_one_is_not(tmp_path):
    script = (
        "import os, sys\n"
        "from geo.exports import OutputFolder, Provenance\n"
        "out = OutputFolder(sys.argv[1], Provenance()).__enter__()\n"
        "out.path('a.txt').write_text('x')\n"
        "os._exit(9)\n"
    )
    target = tmp_path / "out"
    subprocess.run([sys.executable, "-c", script, str(target)], cwd=ROOT, check=False)
    killed = list(tmp_path.iterdir())
    assert len(killed) == 1
    alive = tmp_path / f"{staging_prefix(target)}live"
    alive.mkdir()
    elsewhere = tmp_path / killed[0].name.replace("hongtu-", "other-")
    elsewhere.mkdir()
    fill(target, "a.txt")
    assert sorted(tmp_path.iterdir()) == sorted([alive, elsewhere, target])


def test_staging_of_another_host_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    theirs = tmp_path / f"{staging_prefix(tmp_path / 'out')}x".replace(
        str(os.getpid()), "999999999"
    )
    monkeypatch.undo()
    theirs.mkdir()
    fill(tmp_path / "out", "a.txt")
    assert theirs.exists()


# --- refusals on entering --------------------------------------------------------------------


def refused_code(target: Path) -> str:
    with pytest.raises(OutputError) as refused, OutputFolder(target, RECORD):
        pass
    assert str(target) in refused.value.sentence("en")
    assert str(target) in refused.value.sentence("zh")
    return refused.value.code


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_bytes(b"mine")
    assert refused_code(tmp_path / "out") == "output_is_file"
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    assert refused_code(tmp_path / "file" / "out") == "output_not_folder"


def test_a_name_too_long_is_refused(tmp_path):
    assert refused_code(tmp_path / ("x" * 300) / "out") == "output_name_too_long"


def test_a_closed_folder_is_refused_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert refused_code(tmp_path / "out") == "output_denied"
    monkeypatch.setattr("geo.exports.folder._is_read_only", lambda folder: True)
    assert refused_code(tmp_path / "out") == "output_read_only"


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "{}", '{"hongtu": 1}', '{"hongtu": {"program": "x"}}']
)
def test_a_run_file_of_something_else_is_not_overwritten(tmp_path, text):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text(text, encoding="utf-8")
    with (
        pytest.raises(OutputError, match="not written by Hongtu"),
        OutputFolder(tmp_path / "out", RECORD),
    ):
        pass
    assert (tmp_path / "out" / "run.json").read_text(encoding="utf-8") == text


def test_a_folder_in_the_place_of_a_file_is_refused_and_all_is_undone(tmp_path):
    (tmp_path / "out" / "b.txt").mkdir(parents=True)
    with pytest.raises(OutputError) as refused:
        fill(tmp_path / "out", "a.txt", "b.txt")
    assert refused.value.code == "output_is_folder"
    assert sorted(tree(tmp_path / "out")) == ["b.txt"]


@pytest.mark.parametrize("name", ["../a", "/a", "run.json", "", "a\\b", "C:a"])
def test_names_stay_inside(tmp_path, name):
    with OutputFolder(tmp_path / "out", RECORD) as out, pytest.raises(ValueError, match="inside"):
        out.path(name)


def test_paths_are_only_given_while_open(tmp_path):
    out = OutputFolder(tmp_path / "out", RECORD)
    with pytest.raises(ValueError, match="not open"):
        out.path("a.txt")


def test_a_writers_refusal_names_the_target_not_the_staging(tmp_path):
    target = tmp_path / "out"

    def full(out):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError) as refused, OutputFolder(target, RECORD) as out:
        write_atomic(out.path("a.bin"), full)
    assert refused.value.params["path"] == str(target / "a.bin")
    assert tree(tmp_path) == {}


def test_an_open_geopackage_is_not_replaced(tmp_path):
    """SQLite would play the write-ahead log of the old file into the new one."""
    fill(tmp_path / "out", "a.gpkg", content="old")
    (tmp_path / "out" / "a.gpkg-wal").write_bytes(b"unfinished")
    with pytest.raises(OutputError) as refused:
        fill(tmp_path / "out", "a.gpkg")
    assert refused.value.code == "output_in_use"
    assert (tmp_path / "out" / "a.gpkg").read_text(encoding="utf-8") == "old"
    (tmp_path / "out" / "a.gpkg-wal").write_bytes(b"")
    fill(tmp_path / "out", "a.gpkg")
    assert (tmp_path / "out" / "a.gpkg").read_text(encoding="utf-8") == "new"


# --- single files ----------------------------------------------------------------------------


def test_a_single_file_is_replaced_whole(tmp_path):
    target = tmp_path / "a.bin"
    write_atomic(target, b"one")
    write_atomic(target, lambda out: out.write(b"two"))
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.EDQUOT, "Quota exceeded")])
def test_a_single_file_that_breaks_off_is_as_before(tmp_path, fault):
    target = tmp_path / "a.bin"
    write_atomic(target, b"old")

    def half(out):
        out.write(b"half")
        raise fault

    with pytest.raises((KeyboardInterrupt, OutputError)):
        write_atomic(target, half)
    assert tree(tmp_path) == {"a.bin": b"old"}


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "real.bin").write_bytes(b"old")
    (tmp_path / "link.bin").symlink_to(tmp_path / "real.bin")
    write_atomic(tmp_path / "link.bin", b"new")
    assert (tmp_path / "link.bin").is_symlink()
    assert (tmp_path / "real.bin").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "output_no_room"),
        (errno.EDQUOT, "output_no_room"),
        (errno.EFBIG, "output_no_room"),
        (errno.EROFS, "output_read_only"),
        (errno.EACCES, "output_denied"),
        (errno.EIO, "output_failed"),
    ],
)
def test_each_refusal_has_its_sentence(tmp_path, number, code):
    def fail(out):
        raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError) as refused:
        write_atomic(tmp_path / "a.bin", fail)
    assert refused.value.code == code
    for lang in ("zh", "en"):
        sentence = refused.value.sentence(lang)
        assert str(tmp_path / "a.bin") in sentence
        assert "{" not in sentence


# --- a disk that is full ---------------------------------------------------------------------

FULL = """
import resource, sys
import geopandas as gpd, numpy as np, shapely
from geo.errors import OutputError
from geo.exports import *

count = 3000
shapes = shapely.points(np.linspace(118, 119, count), np.full(count, 32.0))
noise = np.random.default_rng(1).random(count)
columns = {"id": range(count), "name": ["名" * 30] * count, "noise": noise}
frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)
write = {
    "csv": write_csv,
    "geojson": write_geojson,
    "parquet": write_parquet,
    "gpkg": lambda f, path, p: write_geopackage([Layer("stations", f, "stations")], path, p),
}[sys.argv[1]]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    with OutputFolder(sys.argv[3], Provenance()) as out:
        write(frame, out.path("a." + sys.argv[1]), Provenance())
except OutputError as fault:
    print(fault.code, fault.params["path"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE")
@pytest.mark.parametrize("limit", [3_000, 30_000, 250_000])
@pytest.mark.parametrize("kind", ["csv", "geojson", "parquet", "gpkg"])
def test_a_full_disk_is_called_by_its_name(tmp_path, kind, limit):
    if kind == "parquet" and limit > 20_000:
        limit = 20_000  # compressed, the table needs no more than 30 kB
    target = tmp_path / "out"
    fill(target, "a.txt", content="old")
    before = tree(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, kind, str(limit), str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"output_no_room {target / f'a.{kind}'}"
    assert done.stderr == ""
    assert tree(tmp_path) == before


def test_other_faults_pass_as_they_are(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_atomic(tmp_path / "a.bin", lambda out: 1 / 0)
    assert tree(tmp_path) == {}
