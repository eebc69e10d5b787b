"""What is said of the overrides in a network: one sentence an entry, applied or not."""

from __future__ import annotations

from geo import words
from geo.network.model import Amendment, NetworkMeta

__all__ = ["amendment_lines", "amendment_sentence"]


def amendment_sentence(entry: Amendment, lang: str) -> str:
    """Return what became of one entry, with its note."""
    label = words.say(f"amendment.kind_{entry.kind}", lang, id=entry.id)
    if entry.note:
        label = words.say("amendment.noted", lang, label=label, note=entry.note)
    if entry.reason:
        reason = words.say(f"amendment.{entry.reason}", lang)
        return words.say("amendment.not_applied", lang, label=label, reason=reason)
    did = words.say(f"amendment.did_{entry.kind}", lang, count=entry.count, metres=entry.length_m)
    return words.say("amendment.applied", lang, label=label, did=did)


def amendment_lines(meta: NetworkMeta, lang: str) -> list[str]:
    """Return a head line and a line for each entry; nothing where there were no overrides."""
    if not meta.amendments:
        return []
    applied = sum(not entry.reason for entry in meta.amendments)
    head = words.say(
        "amendment.head", lang, applied=applied, rest=len(meta.amendments) - applied,
        digest=meta.overrides_digest[:12],
    )  # fmt: skip
    return [head, *(f"  {amendment_sentence(entry, lang)}" for entry in meta.amendments)]
