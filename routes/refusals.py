"""What `routes.ordering` refuses, as a sentence with the names of places."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geo.errors import RouteError
from routes.ordering import OrderingError
from routes.places import Place

__all__ = ["NAMED", "named_cause"]

# Codes of `routes.ordering` that have a sentence of their own, and what the sentence is called.
NAMED = {
    code: f"route_{code}"
    for code in (
        "after_the_end", "bad_break", "before_the_start", "break_missed", "breaks_clash",
        "breaks_over_budget", "budget_too_short", "closed", "contradictory_order",
        "end_unreachable", "must_closes", "must_impossible", "must_left_out", "must_over_budget",
        "must_unreachable", "musts_and_breaks_over_budget", "musts_exclude_each_other",
        "musts_leave_no_break", "musts_over_budget", "no_way", "not_found", "order_broken",
        "over_budget", "too_many_breaks",
    )
} | {"must_closed": "route_must_closed_all_day"}  # fmt: skip


def named_cause(fault: OrderingError, places: Sequence[Place | None]) -> RouteError:
    """Return an ordering's refusal as a sentence; `places` are those it counts, None: no place.

    Codes without a sentence tell of a fault of the program, not of the request.
    """

    def named(index: object, lang: str) -> str:
        at = int(str(index))
        place = places[at] if 0 <= at < len(places) else None
        return "—" if place is None else place.name(lang)

    fields = fault.fields
    first = fields.get("places", fields.get("place", fields.get("end", -1)))
    several = first if isinstance(first, tuple) else (first,)
    other = fields.get("to", fields.get("other", -1))
    late = fields.get("late", fields.get("over", 0))
    told = {
        "places_zh": "、".join(named(i, "zh") for i in several),
        "places_en": ", ".join(named(i, "en") for i in several),
        "other_zh": named(other, "zh"),
        "other_en": named(other, "en"),
    }
    return RouteError(
        NAMED.get(fault.code, "route_infeasible"), **told, late=math.ceil(float(str(late))),
        cause=fault.code.replace("_", " "), given=fields.get("given"),
    )  # fmt: skip
