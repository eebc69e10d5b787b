"""`hongtu points geocode`: positions for rows with an address only, from a service one names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from commands.options import Datum, Json, Lang, Verbose, choices
from geo import words
from geo.errors import MissingFileError, PointsError, RequestError
from terminal import language, progress, say, set_up_log

if TYPE_CHECKING:
    from geo.exports import Provenance
    from geo.exports.shaping import Written
    from geo.geocode import Asker, Geocoded
    from geo.points import Kind, PointTable

__all__ = ["points_geocode"]

KEY_VARIABLE = "HONGTU_GEOCODE_KEY"
_SHOWN = 10


def points_geocode(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, GeoJSON …")],
    out: Annotated[Path, typer.Option("--out", help="结果 CSV · the table with what was found.")],
    provider: Annotated[
        str, typer.Option("--provider", help="amap (高德), tianditu (天地图), nominatim.")
    ],
    kind: Annotated[str, typer.Option("--kind", help="stations, sites, demand.")] = "stations",
    datum: Datum = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help=f"密钥文件 · the key (or ${KEY_VARIABLE}).")
    ] = None,
    city: Annotated[
        str | None, typer.Option("--city", help="城市 · the city that the addresses are of: 南京.")
    ] = None,
    bbox: Annotated[str | None, typer.Option("--bbox", help="W,S,E,N (WGS-84).")] = None,
    max_accuracy_m: Annotated[
        float, typer.Option("--max-accuracy-m", min=1, help="精度上限 · coarser is not used.")
    ] = 500.0,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="自建服务 · a server of one's own.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=600, help="秒 · seconds for one answer.")
    ] = 10.0,
    cached: Annotated[
        bool, typer.Option("--cache/--no-cache", help="使用缓存 · use answers kept before.")
    ] = True,
    keep_private: Annotated[
        bool, typer.Option("--keep-private", help="保留个人信息列 · keep columns of persons.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    lang: Lang = None,
) -> None:
    """按地址查坐标 · find positions by address (this goes to the internet)."""
    said = language(lang)
    set_up_log(verbose)
    from geo.geocode import geocode
    from geo.geocode.writing import write_located
    from geo.osm.clip import read_clip
    from geo.points import read_points, to_locate

    asker = _asker(provider, key_file, base_url, city, timeout, cached=cached)
    clip = read_clip(bbox, None)
    table = read_points(file, kind=cast("Kind", kind), datum=datum, unlocated=True)
    if not len(to_locate(table)):
        raise PointsError("geocode_none", path=file)
    with progress(said) as tell:
        found = geocode(
            table, asker, bbox=clip.bbox if clip else None, max_accuracy_m=max_accuracy_m,
            on_progress=lambda done, total: tell("geocode", done, total),
        )  # fmt: skip
    record = _record(found.table, asker, max_accuracy_m)
    written = write_located(found, out, record, keep_private=keep_private)
    if as_json:
        say(json.dumps(_facts(found, asker, written), ensure_ascii=False, indent=1))
        return
    _report(found, asker, written, said)


def _asker(
    provider: str,
    key_file: Path | None,
    base_url: str | None,
    city: str | None,
    timeout: float,
    *,
    cached: bool,
) -> Asker:
    from geo.geocode import SERVICES, Asker
    from geo.schematic import cache_folder

    chosen = choices("--provider", provider, tuple(SERVICES))
    if len(chosen) > 1:
        raise RequestError(
            "choice_unknown", option="--provider", word=provider, known=", ".join(SERVICES)
        )
    store = cache_folder() / "geocode" if cached else None
    where = (city or "").strip() or None
    return Asker(SERVICES[chosen[0]], _key(key_file), base_url, store, where, timeout)


def _key(file: Path | None) -> str:
    """Return the key out of a file or the environment; never out of the command line."""
    if file is None:
        return os.environ.get(KEY_VARIABLE, "").strip()
    try:
        with file.open("rb") as handle:
            text = handle.read(4097)
        if len(text) > 4096:
            raise PointsError("geocode_key_file", path=file)
        return text.decode("utf-8-sig").strip().split("\n", 1)[0].strip()
    except FileNotFoundError:
        raise MissingFileError("file_missing", path=file) from None
    except (OSError, ValueError):
        raise PointsError("geocode_key_file", path=file) from None


def _record(table: PointTable, asker: Asker, max_accuracy_m: float) -> Provenance:
    """Return how the file came to be: everything asked for but the key."""
    from geo.exports import Provenance
    from geo.osm.endpoints import host_of

    return Provenance(
        command="points geocode",
        parameters=(
            ("provider", asker.service.name),
            ("host", host_of(str(asker.base))),
            ("city", asker.city),
            ("max_accuracy_m", max_accuracy_m),
        ),
        points=((table.kind, table.digest),),
        flags=table.flags,
    )


def _facts(found: Geocoded, asker: Asker, written: Written) -> dict[str, Any]:
    rows = found.rows.astype(object).where(found.rows.notna(), None)
    return {
        "out": str(written.path),
        "provider": asker.service.name,
        "rows": written.rows,
        "usable": len(found.table),
        "asked": found.asked,
        "stopped": found.stopped.code if found.stopped else None,
        "dropped_columns": list(written.dropped_columns),
        "addresses": rows.to_dict(orient="records"),
    }


def _report(found: Geocoded, asker: Asker, written: Written, lang: str) -> None:
    rows = found.rows
    others = rows[rows["outcome"] != "located"]
    service = asker.service.name
    say(words.say("geocode.summary", lang, rows=len(rows), located=len(rows) - len(others),
                  others=len(others), service=service, asked=found.asked))  # fmt: skip
    for outcome, count in others["outcome"].value_counts().items():
        reason = words.say(f"geocode.outcome_{outcome}", lang)
        say("  " + words.say("geocode.count", lang, reason=reason, count=count))
    for row in others.head(_SHOWN).itertuples():
        match = ""
        if row.match:
            match = words.say("geocode.match", lang, match=row.match, level=row.level or "-",
                              accuracy=row.accuracy_m)  # fmt: skip
        reason = words.say(f"geocode.outcome_{row.outcome}", lang)
        line = words.say("geocode.row", lang, row=row.row, label=row.name or row.id,
                         address=row.address, reason=reason, match=match)  # fmt: skip
        say(f"  {line.rstrip()}")
    if len(others) > _SHOWN:
        say("  " + words.say("geocode.more", lang, count=len(others) - _SHOWN, path=written.path))
    if found.stopped is not None:
        say(words.say("geocode.stopped", lang, reason=found.stopped.sentence(lang)))
    say(words.say("geocode.written", lang, path=written.path, rows=written.rows,
                  usable=len(found.table)))  # fmt: skip
    if written.dropped_columns:
        say(words.say("geocode.private", lang, columns=", ".join(written.dropped_columns)))
    say(words.say("geocode.terms", lang, service=service))
