"""Cell values as plain Python: what JSON, CSV and a GeoPackage column can hold.

NaN, ±inf, NaT and ``pd.NA`` have no place in JSON (RFC 8259, section 6) and become None; NumPy
and pandas scalars become the Python number, string or boolean they stand for; moments become
ISO 8601.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import singledispatch
from typing import Any, cast

import numpy as np
import pandas as pd

from geo.exports.private import is_private

__all__ = [
    "OTHERWISE",
    "column_values",
    "decimals_of",
    "json_text",
    "listed",
    "plain",
    "storable",
    "utf8",
]

_DECIMALS = {
    "lon": 7,
    "lat": 7,
    "minutes": 2,
    "min": 2,
    "hours": 2,
    "m": 1,
    "metres": 1,
    "m2": 1,
    "km": 3,
    "km2": 4,
    "s": 1,
    "share": 4,
    "percent": 2,
    "pct": 2,
    "weight": 3,
    "people": 1,
}
OTHERWISE = 6
"""Decimals of a float whose column names no unit."""


def decimals_of(column: object) -> int | None:
    """Return to how many decimals a column of floats is written in a text format.

    The unit at the end of its name decides: ``area_km2`` 4, ``length_m`` 1, ``minutes`` 2,
    ``lon`` 7; None where there is no known unit.
    """
    return _DECIMALS.get(str(column).lower().rsplit("_", 1)[-1])


@singledispatch
def plain(value: Any) -> Any:
    """Return `value` as None, bool, int, float, str, list or dict, whatever it came as.

    Durations become seconds. Sets are sorted, so that the same content gives the same bytes.
    Private keys inside nested mappings are left out (`geo.exports.private`).

    Raises
    ------
    TypeError
        The value is of a kind that has no plain form.
    """
    raise TypeError(f"cannot be written as JSON: {type(value).__name__}")


# NaT is a datetime to Python, so it needs an entry of its own.
@plain.register(type(None))
@plain.register(type(pd.NA))
@plain.register(type(pd.NaT))
def _(value: object) -> None:
    return None


@plain.register(bool)
@plain.register(np.bool_)
def _(value: bool) -> bool:
    return bool(value)


@plain.register(int)
@plain.register(np.integer)
def _(value: int) -> int:
    return int(value)


@plain.register(float)
@plain.register(np.floating)
@plain.register(Decimal)
def _(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


@plain.register
def _(value: str) -> str:
    return str.__str__(value)


@plain.register
def _(value: enum.Enum) -> Any:
    return plain(value.value)


@plain.register
def _(value: os.PathLike) -> str:  # type: ignore[type-arg]
    return str(os.fspath(value))


@plain.register
def _(value: Mapping) -> dict[str, Any]:  # type: ignore[type-arg]
    return {str(key): plain(item) for key, item in value.items() if not is_private(key)}


@plain.register(set)
@plain.register(frozenset)
def _(value: Iterable[Any]) -> list[Any]:
    return sorted((plain(item) for item in value), key=lambda item: (type(item).__name__, item))


@plain.register(list)
@plain.register(tuple)
@plain.register(np.ndarray)
@plain.register(pd.Series)
@plain.register(pd.Index)
def _(value: Iterable[Any]) -> list[Any]:
    return [plain(item) for item in value]


@plain.register(dt.date)
@plain.register(dt.time)
def _(value: dt.date | dt.time) -> str:
    return value.isoformat()


@plain.register
def _(value: dt.timedelta) -> float:
    return value.total_seconds()


@plain.register
def _(value: np.datetime64) -> str | None:
    return None if np.isnat(value) else str(pd.Timestamp(value).isoformat())


@plain.register
def _(value: np.timedelta64) -> float | None:
    return None if np.isnat(value) else float(pd.Timedelta(value).total_seconds())


def column_values(column: pd.Series) -> list[Any]:
    """Return a column as plain values, floats rounded to the decimals of its unit."""
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_integer_dtype(column.dtype):
        return [plain(value) for value in column.tolist()]
    if pd.api.types.is_float_dtype(column.dtype):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        decimals = decimals_of(column.name)
        rounded = np.round(numbers, OTHERWISE if decimals is None else decimals)
        return [plain(value) for value in rounded.tolist()]
    if isinstance(column.dtype, pd.StringDtype):
        return cast(list[Any], column.astype(object).where(column.notna(), None).tolist())
    return [plain(value) for value in column]


def json_text(value: Any) -> str:
    """Return `value` as one line of JSON, non-ASCII characters written as they are."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def listed(value: Any) -> str:
    """Return a list of words or numbers with 、 between them, a text as it is, else `json_text`.

    A text that is such a list in JSON, as lists come out of GeoJSON properties, counts as one.

    >>> listed(["热水", "微波炉"]), listed('["热水", "微波炉"]')
    ('热水、微波炉', '热水、微波炉')
    """
    found = plain(value)
    text = found if isinstance(found, str) else json_text(found)
    if isinstance(found, str) and found.startswith("[") and found.endswith("]"):
        with suppress(ValueError, RecursionError):
            found = plain(json.loads(found))
    if isinstance(found, list) and all(isinstance(item, str | int | float) for item in found):
        return "、".join(item if isinstance(item, str) else json_text(item) for item in found)
    return text


def utf8(text: str) -> bytes:
    """Return `text` in UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes ``?``."""
    return text.encode("utf-8", "replace")


def storable(column: pd.Series, as_text: Callable[[Any], str] = json_text) -> pd.Series:
    """Return a column of one type that a database file can hold.

    Numbers, booleans and moments stay what they are, ±inf becomes missing; a column of objects
    becomes text, whole numbers, numbers or booleans where all its values are that, and otherwise
    text, with lists and dicts as JSON or whatever `as_text` makes of them. Durations become
    seconds.
    """
    dtype = column.dtype
    if dtype.kind == "f":
        return column.where(np.isfinite(column.to_numpy(dtype=float, na_value=np.nan)))
    if pd.api.types.is_timedelta64_dtype(dtype):
        return column.dt.total_seconds()
    if pd.api.types.is_numeric_dtype(dtype) or isinstance(dtype, pd.StringDtype):
        return column
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return column
    values = [plain(value) for value in column]
    kinds = {type(value) for value in values if value is not None}
    kind = _COLUMN_TYPES.get(frozenset(kinds))
    if kind is None:
        values = [v if v is None or isinstance(v, str) else as_text(v) for v in values]
    return pd.Series(values, index=column.index, dtype=kind or object)


_COLUMN_TYPES: dict[frozenset[type], str] = {
    frozenset({bool}): "boolean",
    frozenset({int}): "Int64",
    frozenset({float}): "float64",
    frozenset({int, float}): "float64",
}
