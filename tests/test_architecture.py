"""The shape of the code: layers, no cycles, light imports, nothing called utils."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = {"app": 5, "cli": 5, "commands": 4, "terminal": 4, "views": 3, "routes": 2, "geo": 1}
HEAVY = ("geopandas", "pandas", "numba", "osmium", "osmnx", "networkx", "folium", "streamlit")
BANNED_NAMES = ("utils", "helpers", "common", "manager", "core", "misc")


def modules() -> dict[str, Path]:
    """Return every module of ours by its dotted name."""
    found = {p.stem: p for p in ROOT.glob("*.py")}
    for package in ("commands", "geo", "routes", "views"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, *, at_import: bool) -> set[str]:
    """Return the names a module imports: all, or those that run when it is imported."""
    names: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            if at_import and (inside or typing):
                continue
            if isinstance(child, ast.Import):
                names.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names.add(child.module)
                names.update(f"{child.module}.{alias.name}" for alias in child.names)
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return names


def ours(names: set[str], known: dict[str, Path]) -> set[str]:
    """Return the imported names that are modules of ours."""
    return {name for name in names if name in known}


def test_layers_point_downwards() -> None:
    known = modules()
    for name, path in known.items():
        here = LAYERS.get(name.split(".")[0])
        if here is None:
            continue
        for target in ours(imports(path, at_import=False), known):
            there = LAYERS[target.split(".")[0]]
            assert there <= here, f"{name} imports {target}"
            at_the_command_line = name.split(".")[0] in ("cli", "commands")
            assert not (at_the_command_line and target.startswith("views")), name


def test_no_import_cycles() -> None:
    known = modules()
    graph = {
        name: ours(imports(path, at_import=True), known) - {name} for name, path in known.items()
    }
    # A package's own __init__ gathers its modules; what they import is what counts.
    graph = {n: {t for t in targets if not n.startswith(f"{t}.")} for n, targets in graph.items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail, name])
        if name in done:
            return
        for target in sorted(graph[name]):
            walk(target, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        walk(name, ())


def test_streamlit_and_folium_stay_at_the_surface() -> None:
    for name, path in modules().items():
        tops = {n.split(".")[0] for n in imports(path, at_import=False)}
        if not name.startswith("views") and name != "app":
            assert "streamlit" not in tops, name
            assert "streamlit_folium" not in tops, name
        if not name.startswith(("views", "geo.layers")):
            assert "folium" not in tops, name


def test_ordering_knows_nothing_of_maps() -> None:
    rooms = {name: path for name, path in modules().items() if name.startswith("routes.ordering")}
    assert rooms
    for name, path in rooms.items():
        tops = {n.split(".")[0] for n in imports(path, at_import=False)}
        assert not tops & {"geo", "numba", "ortools", "scipy", "pandas"}, name


def test_rooms_have_names_and_say_what_they_own() -> None:
    for name, path in modules().items():
        assert not set(name.split(".")) & set(BANNED_NAMES), name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} does not say what it owns"


def test_public_names_exist() -> None:
    for name, path in modules().items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        exported = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets)
        ]
        if not exported:
            continue
        defined = {
            target.id if isinstance(target, ast.Name) else getattr(target, "name", "")
            for node in tree.body
            for target in (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else [node]
            )
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                defined |= {(a.asname or a.name).split(".")[0] for a in node.names}
        missing = set(exported[0]) - defined
        assert not missing, f"{name} promises {missing}"


@pytest.mark.parametrize(
    ("module", "barred"),
    [
        ("cli", (*HEAVY, "numpy", "scipy", "shapely", "pyproj", "rich.progress")),
        ("geo.osm", ("geopandas", "pandas", "numba", "osmnx", "networkx", "folium", "streamlit")),
        ("geo.network", ("geopandas", "pandas", "osmnx", "networkx", "folium", "streamlit")),
        ("geo.coverage", ("osmnx", "networkx", "folium", "streamlit", "osmium", "pyarrow.parquet")),
        ("geo.hours", ("geopandas", "pandas", "shapely", "scipy", "chinese_calendar")),
        ("geo.points", ("osmnx", "networkx", "folium", "streamlit", "osmium", "numba")),
    ],
)
def test_imports_stay_light(module: str, barred: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([b for b in {barred!r} if b in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert out.stdout.strip() == "[]"


def test_the_checks_can_fail(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nimport a.b\nif TYPE_CHECKING:\n    import c\n"
        "def f():\n    from d import e\n"
    )
    assert imports(file, at_import=True) == {"typing", "typing.TYPE_CHECKING", "a.b"}
    assert {"c", "d", "d.e"} <= imports(file, at_import=False)
