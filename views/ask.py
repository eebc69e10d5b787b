"""What is asked of the page: a frozen value that is form, cache key and share link at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from geo.coverage import CoverageRequest
from geo.errors import RequestError

__all__ = ["CircleAsk"]

MOST_WORDS = 40
LONGEST_WORD = 60


@dataclass(frozen=True)
class CircleAsk:
    """A question to the page of service circles.

    Attributes
    ----------
    limits, unit, profile, cell_m
        As in `CoverageRequest`.
    kinds
        Only stations of one of these kinds; empty: of every kind.
    facilities
        Only stations that have all of these.

    Raises
    ------
    RequestError
        A limit or parameter that makes no sense.
    """

    limits: tuple[float, ...] = (5.0, 10.0, 15.0)
    unit: str = "minutes"
    profile: str = "shuang15"
    cell_m: float = 20.0
    kinds: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("kinds", "facilities"):
            found = sorted({word[:LONGEST_WORD] for word in getattr(self, name) if word})
            object.__setattr__(self, name, tuple(found[:MOST_WORDS]))
        object.__setattr__(self, "limits", self.request.limits)

    @property
    def request(self) -> CoverageRequest:
        """The part of the question that `geo.coverage` answers."""
        return CoverageRequest(
            limits=self.limits, unit=self.unit, profile=self.profile, cell_m=self.cell_m
        )

    def query(self) -> dict[str, str | list[str]]:
        """Return the address's parameters: what differs from the default question."""
        told: dict[str, str | list[str]] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if value == item.default:
                continue
            if item.name == "limits":
                told[item.name] = ",".join(f"{limit:g}" for limit in value)
            elif isinstance(value, tuple):
                told[item.name] = list(value)
            else:
                told[item.name] = value if isinstance(value, str) else f"{value:g}"
        return told

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the address's parameters."""
        return tuple(item.name for item in fields(cls))

    @classmethod
    def from_query(cls, params: Mapping[str, Sequence[str]]) -> CircleAsk:
        """Return the question that an address asks; parameters of others are left alone.

        Raises
        ------
        RequestError
            A parameter makes no sense.
        """
        told = {name: [v for v in params[name] if v] for name in cls.names() if name in params}
        plain = {name: values[-1] for name, values in told.items() if values}
        return cls(
            limits=_numbers(plain["limits"]) if "limits" in plain else cls.limits,
            unit=plain.get("unit", cls.unit)[:LONGEST_WORD],
            profile=plain.get("profile", cls.profile)[:LONGEST_WORD],
            cell_m=_numbers(plain["cell_m"])[0] if "cell_m" in plain else cls.cell_m,
            kinds=tuple(told.get("kinds", ())),
            facilities=tuple(told.get("facilities", ())),
        )


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise RequestError("limits_not_numbers", text=text[:LONGEST_WORD]) from None
