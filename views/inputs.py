"""What this session works on: the embedded sample, or what was chosen on the page 数据.

Only the session holds it. Demand and areas of the sample never go with stations of one's own, nor
demand of one's own with stations of the sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import streamlit as st

from geo import words
from geo.areas import AreaTable
from geo.exports import private_columns
from geo.network import WalkNetwork
from geo.points import PointTable
from views.language import enumerate_words
from views.sources import Ground, sample_ground

__all__ = ["ROLES", "Inputs", "choose", "chosen", "forget", "ground", "laid_out", "told"]

KEY = "inputs"
ROLES = ("stations", "demand", "areas", "sites", "network")
Table = TypeVar("Table", PointTable, AreaTable)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What was chosen, None where nothing was; `names` says by role what it is called."""

    stations: PointTable | None = None
    demand: PointTable | None = None
    areas: AreaTable | None = None
    sites: PointTable | None = None
    network: WalkNetwork | None = None
    names: dict[str, str] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that something was chosen for."""
        found = {each.name for each in fields(self) if getattr(self, each.name) is not None}
        return tuple(role for role in ROLES if role in found)

    def digest(self, role: str) -> str | None:
        """Return the digest of what was chosen for a role."""
        found = getattr(self, role)
        if found is None:
            return None
        return str(found.meta.digest if role == "network" else found.digest)


def chosen() -> Inputs:
    """Return what this session chose."""
    found: Inputs = st.session_state.get(KEY) or Inputs()
    return found


def choose(role: str, value: Any, name: str) -> None:
    """Use `value` for `role` from now on; columns that name people stay behind."""
    now = chosen()
    kept = value if role == "network" else _without_private(value)
    told: dict[str, Any] = {role: kept}
    st.session_state[KEY] = replace(now, **told, names={**now.names, role: name})
    _forget_filters()


def forget(roles: Sequence[str] = ROLES) -> None:
    """Use what is embedded for `roles` again."""
    now = chosen()
    names = {role: name for role, name in now.names.items() if role not in roles}
    told: dict[str, Any] = dict.fromkeys(roles)
    st.session_state[KEY] = replace(now, **told, names=names)
    _forget_filters()


def ground() -> Ground:
    """Return what the pages of this session compute on.

    Raises
    ------
    PlannerError
        The embedded sample cannot be opened.
    """
    return laid_out(sample_ground(), chosen())


def laid_out(base: Ground, own: Inputs) -> Ground:
    """Return `own` inputs, and of `base` what may go with them."""
    if not own.roles:
        return base
    network = own.network or base.network
    sites = own.sites or base.sites
    if own.sites is None and sites is not None and not _on(sites, network):
        sites = None
    if own.stations is None:
        return Ground(network, base.stations, base.demand, sites, own.areas or base.areas)
    return Ground(network, own.stations, own.demand, sites, own.areas)


def told(lang: str) -> str:
    """Return in a sentence what this session computes on."""
    own = chosen()
    known = [role for role in own.roles if role != "demand" or own.stations is not None]
    if not known:
        return words.say("ask.source_sample", lang)
    parts = [
        words.say("data.source", lang, role=words.say(f"data.role_{role}", lang),
                  name=own.names.get(role, "-"))
        for role in known
    ]  # fmt: skip
    if own.stations is None:
        parts.append(words.say("ask.source_sample", lang))
    elif own.demand is None:
        parts.append(words.say("data.no_demand", lang))
    return enumerate_words(parts, lang) if len(parts) == 1 else _joined(parts, lang)


def _joined(parts: list[str], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(parts)


def _on(points: PointTable, network: WalkNetwork) -> bool:
    """Return whether any point lies within the box of a network."""
    west, south, east, north = network.meta.bbox
    x, y = points.frame.geometry.x, points.frame.geometry.y
    return bool(((x >= west) & (x <= east) & (y >= south) & (y <= north)).any())


def _without_private(table: Table) -> Table:
    parts: dict[str, Any] = {
        name: part.drop(columns=private_columns(part.columns))
        for name, part in (("frame", table.frame), ("unused", table.unused))
    }
    return replace(table, **parts)


def _forget_filters() -> None:
    """Let the question of the page 服务圈 have no kinds and facilities of other stations."""
    from views import form

    if form.ASK in st.session_state:
        form.forget_filters()
