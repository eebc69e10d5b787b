"""The look of what Streamlit has no element for: cards of figures, and fitting small screens."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

__all__ = ["ICON", "dress"]

# A file of ours: emoji and symbols as icons are fetched from the internet.
ICON = Path(__file__).with_name("icon.png")

_CSS = """
<style>
.stMainBlockContainer {padding: 3.9rem 2rem 3rem;}
.stMainBlockContainer h2 {padding: 0 0 .2rem; font-size: 1.6rem;}
.stMainBlockContainer h3 {padding: .6rem 0 .2rem; font-size: 1.2rem;}
.st-key-language {position: fixed; top: .65rem; right: 1rem; z-index: 999990; width: auto;}
.st-key-language button {min-height: 2rem; padding: .1rem .7rem;}
[data-testid="stSidebarHeader"] {height: 2.6rem; margin-bottom: 0;}
[data-testid="stSidebarUserContent"] {padding: 0 0 1.5rem;}
[data-testid="stSidebarUserContent"] .stVerticalBlock {gap: .55rem;}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {color: #56504d;
  opacity: 1;}
[data-testid="stHeader"] a [data-testid="stIconMaterial"] {color: #56504d;}
.st-key-to-circles a {background: #b3261e; padding: .45rem 1rem;}
.st-key-to-circles a:hover {background: #8f1c16;}
.st-key-to-circles a * {color: #fff !important;}
.ht-lead {margin: 0; color: #35302e;}
.ht-hint {display: none; margin: .2rem 0 0; font-size: .86rem; color: #56504d;}
dl.ht-cards {display: grid; grid-template-columns: repeat(auto-fit, minmax(7.9rem, 1fr));
  gap: .6rem; margin: 0; padding: 0;}
.ht-cards > div {border: 1px solid #e2dedb; border-radius: .5rem; padding: .5rem .7rem .55rem;
  background: #fff;}
.ht-cards dt {font-size: .86rem; font-weight: 400; color: #46403d; line-height: 1.3;}
.ht-cards dd {margin: 0; padding: 0;}
.ht-cards b {font-size: 1.5rem; font-weight: 600; color: #1f1a18; line-height: 1.35;
  font-variant-numeric: tabular-nums; white-space: nowrap;}
.ht-cards small {display: block; font-size: .8rem; color: #56504d; line-height: 1.35;}
.ht-bar {height: .32rem; border-radius: .2rem; background: #ece7e4; margin: .1rem 0 .35rem;}
.ht-bar i {display: block; height: 100%; border-radius: .2rem; background: #b3261e;}
dl.ht-three {grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));}
.stApp a:focus-visible, .stApp button:focus-visible, .stApp summary:focus-visible,
.stApp [role=tab]:focus-visible {outline: 3px solid #1A5A9C !important; outline-offset: 2px;}
.stApp iframe:focus-visible {outline: 3px solid #1A5A9C;}
/* What a finger has to hit is 44 pixels high and wide. */
@media (pointer: coarse), (max-width: 640px) {
  .st-key-language {top: .5rem;}
  .stApp [data-testid^="stBaseButton-"]:not([data-testid$="elementToolbar"]),
  .stCode [data-testid$="elementToolbar"], .stApp button[role=radio], .stApp [role=tab],
  .stApp [data-testid="stExpandSidebarButton"], .stApp [data-testid="stPageLink-NavLink"],
  .stApp [data-testid="stSidebarNavLink"],
  .stApp .st-key-language button, .stApp [data-testid="stNumberInputContainer"] button,
  .stApp [data-testid="stFileUploaderDeleteBtn"] button,
  .stApp .stMultiSelect .react-aria-ComboBox > [role=group] > button,
  .stApp .stSelectbox .react-aria-ComboBox button {min-height: 44px; min-width: 44px;}
  .stApp [role=tab] {justify-content: center; padding-inline: .25rem;}
  .stApp [data-testid="stExpander"] summary,
  .stApp .stSelectbox .react-aria-ComboBox > [role=group],
  .stApp [data-testid="stNumberInputContainer"], .stApp [data-testid="stDateInputField"],
  .stApp [data-testid="stTimeInputTimeDisplay"], .stApp [data-testid="stTextInputRootElement"],
  .stApp label:has(> input[type=checkbox], > input[role=switch]),
  .stApp [data-testid="stCheckbox"] label {min-height: 44px; align-items: center;}
  .stApp .stMultiSelect .react-aria-ComboBox > [role=group] {min-height: 44px;}
  .stApp [data-testid="stNumberInputContainer"] > div {min-width: 88px;}
  .stApp .stSelectbox .react-aria-ComboBox input, .stApp [data-testid="stNumberInputField"],
  .stApp [data-testid="stTextInputRootElement"] input {min-height: 42px;}
  .stApp [data-testid="stDateInputCalendarButton"] {min-width: 44px; min-height: 42px;}
}
@media (max-width: 640px) {
  .stMainBlockContainer {padding: 3.9rem .9rem 3rem;}
  dl.ht-cards {grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .45rem;}
  dl.ht-three {grid-template-columns: 1fr;}
  .ht-cards b {font-size: 1.3rem;}
  .ht-hint {display: block;}
}
</style>
"""


def dress() -> None:
    """Add the style sheet to the page."""
    st.html(_CSS)
