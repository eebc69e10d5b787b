"""The record that every file of a route carries: what was asked, on which network and sites."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields

from geo.exports import NetworkSource, Provenance
from geo.exports.values import plain
from routes.studyroute import StudyRoute
from routes.visits import StudyBrief

__all__ = ["route_provenance"]


def route_provenance(route: StudyRoute) -> Provenance:
    """Return the provenance of a route: request, network, sites and lines by digest, flags."""
    meta = route.network.meta
    points = [("request", route.brief.digest), ("sites", _sites_digest(route))]
    if route.brief.line:
        told = [route.title_zh, route.status, route.source_zh, route.source_en, route.why]
        points.append(("line", _digest(told)))
    return Provenance(
        command="route",
        parameters=_parameters(route.brief),
        network=NetworkSource(
            meta.name, meta.source, meta.digest, meta.osm_date or "", attribution=meta.attribution
        ),
        points=tuple(points),
        flags=route.flags,
    )


def _parameters(brief: StudyBrief) -> tuple[tuple[str, str | float | None], ...]:
    """Return the request's values; lists and pairs in the form of the share link."""
    told: list[tuple[str, str | float | None]] = []
    for item in fields(brief):
        value = getattr(brief, item.name)
        if isinstance(value, tuple):
            value = json.dumps(plain(value), ensure_ascii=False) if value else None
        told.append((item.name, value))
    return tuple(told)


def _sites_digest(route: StudyRoute) -> str:
    """Return the digest of all that is known of the places visited."""
    return _digest([asdict(visit.place) for visit in route.timetable.visits])


def _digest(value: object) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
