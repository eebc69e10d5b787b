"""The error tree: every refusal a user can meet, each with a code and one sentence.

::

    PlannerError
    ├── RequestError (ValueError)        an option or argument makes no sense        exit 2
    ├── InputError (ValueError)          a file's content cannot be used             exit 1
    │   ├── PointsError                  stations, sites, demand
    │   ├── DatumError                   a datum is missing or unknown               exit 2
    │   ├── VectorError                  GeoJSON, GeoPackage, Shapefile
    │   ├── OsmError                     an OSM file, an override file
    │   └── NetworkError                 a saved network
    ├── MissingFileError (FileNotFoundError)  a named file is not there              exit 1
    └── OutputError (OSError)            a result cannot be written                  exit 1

Sentences live in `geo.words` under ``error.<code>``, so that each exists in Chinese and English.
"""

from __future__ import annotations

from typing import Any, ClassVar

from geo import words

__all__ = [
    "DatumError",
    "InputError",
    "MissingFileError",
    "NetworkError",
    "OsmError",
    "OutputError",
    "PlannerError",
    "PointsError",
    "RequestError",
    "VectorError",
]


class PlannerError(Exception):
    """A refusal with a stable `code` and the values its sentence names.

    Parameters
    ----------
    code
        Key of the sentence, without the ``error.`` prefix.
    **params
        Values for the sentence's fields.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def sentence(self, lang: str = "en") -> str:
        """Return the refusal as one plain sentence in ``zh`` or ``en``."""
        return words.say(f"error.{self.code}", lang, **self.params)

    def __str__(self) -> str:
        return self.sentence("en")


class RequestError(PlannerError, ValueError):
    """An option or argument that makes no sense, whatever the files hold."""

    exit_code: ClassVar[int] = 2


class InputError(PlannerError, ValueError):
    """A file was read but its content cannot be used."""


class PointsError(InputError):
    """Stations, sites or demand that cannot be used."""


class DatumError(InputError):
    """A datum that is missing or not one of the known words."""

    exit_code: ClassVar[int] = 2


class VectorError(InputError):
    """GeoJSON, a GeoPackage or a Shapefile that cannot be read."""


class OsmError(InputError):
    """An OSM file or an override file that cannot be used."""


class NetworkError(InputError):
    """A saved network that cannot be opened or does not fit the request."""


class MissingFileError(PlannerError, FileNotFoundError):
    """A named file or folder is not there."""


class OutputError(PlannerError, OSError):
    """A result cannot be written."""
