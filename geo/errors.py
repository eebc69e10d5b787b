"""The error tree: every refusal a user can meet, each with a code and one sentence.

::

    PlannerError
    ├── RequestError (ValueError)        an option or argument makes no sense        exit 2
    ├── InputError (ValueError)          a file's content cannot be used             exit 1
    │   ├── PointsError                  stations, sites, demand
    │   ├── DatumError                   a datum is missing or unknown               exit 2
    │   ├── VectorError                  GeoJSON, GeoPackage, Shapefile
    │   ├── AreasError                   reporting areas
    │   ├── OsmError                     an OSM file, an override file
    │   ├── NetworkError                 a saved network
    │   └── RouteError                   a study walk that cannot be planned as asked
    ├── MissingFileError (FileNotFoundError)  a named file is not there              exit 1
    ├── FetchError (ConnectionError)     a service is out of reach, or refuses       exit 1
    └── OutputError (OSError)            a result cannot be written                  exit 1

Sentences live in `geo.words` under ``error.<code>``, so that each exists in Chinese and English.
"""

from __future__ import annotations

from typing import Any, ClassVar

from geo import words

__all__ = [
    "AreasError",
    "DatumError",
    "FetchError",
    "InputError",
    "MissingFileError",
    "NetworkError",
    "OsmError",
    "OutputError",
    "PlannerError",
    "PointsError",
    "RequestError",
    "RouteError",
    "VectorError",
]


class PlannerError(Exception):
    """A refusal with a stable `code` and the values its sentence names.

    Parameters
    ----------
    code
        Key of the sentence, without the ``error.`` prefix.
    **params
        Values for the sentence's fields; one told as ``place_zh`` and ``place_en`` fills ``place``.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def sentence(self, lang: str = "en") -> str:
        """Return the refusal as one plain sentence in ``zh`` or ``en``."""
        return words.say(f"error.{self.code}", lang, **_told(self.params, lang))

    def __str__(self) -> str:
        return self.sentence("en")


_ECHOED = ("text", "word", "line", "theme")  # parameters that repeat what the user wrote
_MOST_ECHOED = 40


def _told(params: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return a sentence's fields in `lang`; what the user wrote is cut where it is long."""
    told = words.in_language(params, lang)
    for key in _ECHOED:
        value = told.get(key)
        if isinstance(value, str) and len(value) > _MOST_ECHOED:
            told[key] = value[:_MOST_ECHOED] + "…"
    return told


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


class AreasError(InputError):
    """Reporting areas that cannot be used.

    A parameter ``reason``, the (code, fields) of a row's fault, is put into words.
    """

    def sentence(self, lang: str = "en") -> str:
        """Return the refusal as one plain sentence in ``zh`` or ``en``."""
        told = dict(self.params)
        if "reason" in told:
            code, fields = told["reason"]
            told["reason"] = words.say(f"reason.{code}", lang, **fields)
        return words.say(f"error.{self.code}", lang, **told)


class OsmError(InputError):
    """An OSM file or an override file that cannot be used."""


class NetworkError(InputError):
    """A saved network that cannot be opened or does not fit the request."""


class RouteError(InputError):
    """Lines or sites that cannot be used, or a walk that cannot be planned as asked."""


class MissingFileError(PlannerError, FileNotFoundError):
    """A named file or folder is not there."""


class FetchError(PlannerError, ConnectionError):
    """A service on the internet is out of reach, refuses, or answers what cannot be used."""


class OutputError(PlannerError, OSError):
    """A result cannot be written."""
