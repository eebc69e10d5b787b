"""Why there is no ordering: refusals with a stable code and the numbers they rest on.

::

    OrderingError (ValueError)
    ├── BadRequestError     the arrays and indices do not fit together, or contradict each other
    ├── InfeasibleError     no route keeps all the conditions, and this is why
    └── NotFoundError       the beam found no route, and it could not be shown that there is none

This room knows no names of places and no language: whoever calls it turns `code` and `fields` into
a sentence. Fields are numbers: places are indices into the caller's arrays, times are minutes
from 0.
"""

from __future__ import annotations

__all__ = ["BadRequestError", "Field", "InfeasibleError", "NotFoundError", "OrderingError"]

Field = int | float | str | tuple[int, ...]


class OrderingError(ValueError):
    """A refusal with a `code` and its `fields`."""

    def __init__(self, code: str, **fields: Field) -> None:
        self.code = code
        self.fields = fields
        said = ", ".join(f"{name} = {_short(value)}" for name, value in fields.items())
        super().__init__(f"{code.replace('_', ' ')}: {said}" if said else code.replace("_", " "))


class BadRequestError(OrderingError):
    """What was asked makes no sense, whatever the hours and the distances."""


class InfeasibleError(OrderingError):
    """No route keeps all the conditions; the code names the first one found to stand in the way."""


class NotFoundError(OrderingError):
    """The beam found no route; there may be one all the same."""


def _short(value: Field) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
