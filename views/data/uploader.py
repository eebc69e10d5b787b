"""The place where a file is dropped, in the language of the page, and its limits."""

from __future__ import annotations

import streamlit as st

from geo import words
from views.data.kept import MAX_MB, MAX_NETWORK_MB, Draft, draft_of, keep, take, widget_of

__all__ = ["draw", "dress"]

# Streamlit's own words are English alone; these stand in their place.
_CSS = """
<style>
[data-testid="stFileUploaderDropzoneInstructions"] {{display: none;}}
[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"] > *
  {{display: none;}}
[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"]::after
  {{content: "{choose}"; font-size: .95rem;}}
[data-testid="stFileUploaderDropzone"]::after {{content: "{drop}"; font-size: .86rem;
  color: #56504d; align-self: center;}}
@media (max-width: 640px) {{[data-testid="stFileUploaderDropzone"]::after {{display: none;}}}}
[data-testid="stFileChip"] [role="alert"] {{font-size: 0;}}
[data-testid="stFileChip"] [role="alert"]::after {{content: "{not_taken}"; font-size: .86rem;}}
.ht-stand {{display: flex; align-items: flex-start; gap: .5rem; margin: 0 0 .35rem;
  font-size: .92rem; line-height: 1.4;}}
.ht-stand img {{flex: 0 0 16px; margin-top: .18rem;}}
.ht-now {{display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: 0;
  font-size: .95rem;}}
.ht-now dt {{color: #56504d; font-weight: 400;}}
.st-key-data-now dl.ht-now, .ht-now dt, .ht-now dd {{padding: 0;}}
.ht-now dd {{margin: 0; overflow-wrap: anywhere;}}
</style>
"""


def dress(lang: str) -> None:
    """Add the page's style sheet."""
    words_of = {key: words.say(f"data.{key}_file", lang) for key in ("choose", "drop")}
    st.html(_CSS.format(**words_of, not_taken=words.say("data.not_taken", lang)))


def draw(role: str, endings: tuple[str, ...], lang: str) -> Draft | None:
    """Draw the uploader of a role and return the file that is there."""
    limit = MAX_NETWORK_MB if role == "network" else MAX_MB
    with st.container(key=f"data-file-{role}"):
        # No `type`: Streamlit would refuse others in English, and here they get a sentence.
        st.file_uploader(
            words.say(f"data.upload_{role}", lang),
            key=widget_of(role),
            on_change=take,
            args=(role,),
            max_upload_size=limit,
        )
    draft = draft_of(role)
    limits = words.say("data.limits", lang, endings=" ".join(endings), limit=limit)
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
