"""The place where a file is dropped, in the language of the page, and its limits."""

from __future__ import annotations

import streamlit as st

from geo import words
from views.data.kept import MAX_MB, Draft, draft_of, keep, take

__all__ = ["draw", "dress"]

# Streamlit's own words are English alone; these stand in their place.
_CSS = """
<style>
[data-testid="stFileUploaderDropzoneInstructions"] {{display: none;}}
[data-testid="stFileUploaderDropzone"] button {{font-size: 0; gap: 0;}}
[data-testid="stFileUploaderDropzone"] button > * {{display: none;}}
[data-testid="stFileUploaderDropzone"] button::after {{content: "{choose}"; font-size: .95rem;}}
[data-testid="stFileUploaderDropzone"]::after {{content: "{drop}"; font-size: .86rem;
  color: #56504d;}}
.ht-stand {{display: flex; align-items: flex-start; gap: .5rem; margin: 0 0 .35rem;
  font-size: .92rem; line-height: 1.4;}}
.ht-stand img {{flex: 0 0 16px; margin-top: .18rem;}}
.ht-now {{display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: 0;
  font-size: .95rem;}}
.ht-now dt {{color: #56504d; font-weight: 400;}}
.ht-now dd {{margin: 0; overflow-wrap: anywhere;}}
</style>
"""


def dress(lang: str) -> None:
    """Add the page's style sheet."""
    words_of = {key: words.say(f"data.{key}_file", lang) for key in ("choose", "drop")}
    st.html(_CSS.format(**words_of))


def draw(role: str, endings: tuple[str, ...], lang: str) -> Draft | None:
    """Draw the uploader of a role and return the file that is there."""
    widget = f"data-file-{role}"
    st.file_uploader(
        words.say(f"data.upload_{role}", lang),
        type=sorted({ending.rsplit(".", 1)[-1] for ending in endings}),
        key=widget,
        on_change=take,
        args=(role, widget),
        max_upload_size=MAX_MB,
    )
    draft = draft_of(role)
    limits = words.say("data.limits", lang, endings=" ".join(endings), limit=MAX_MB)
    if draft is None:
        st.caption(limits)
        return None
    left, right = st.columns([5, 1], vertical_alignment="center")
    told = words.say("data.file", lang, name=_plain(draft.upload.name), size=draft.upload.size)
    left.markdown(told)
    right.button(
        words.say("data.remove", lang),
        on_click=keep,
        args=(role,),
        key=f"data-remove-{role}",
        width="stretch",
    )
    return draft


def _plain(name: str) -> str:
    """Return a name as Markdown code, which nothing in it can leave."""
    return f"`{name.replace('`', chr(0x2019))}`"
