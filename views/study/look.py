"""The look of the page 研学线路: line cards, the day by the clock, warnings, two orders."""

from __future__ import annotations

import streamlit as st

__all__ = ["dress"]

_CSS = """
<style>
.ht-line h3 {margin: 0; padding: 0 0 .2rem; font-size: 1.12rem; line-height: 1.35;}
.ht-line p, .ht-day p, .ht-box + p {margin: .1rem 0; line-height: 1.45;}
.ht-small, .ht-day .ht-small, .ht-line .ht-small {margin: .1rem 0; font-size: .86rem;
  color: #56504d; line-height: 1.45; overflow-wrap: anywhere;}
.ht-chip {display: inline-block; padding: 0 .45rem; border-radius: .3rem; font-size: .82rem;
  line-height: 1.5; background: #ece7e4; color: #46403d;}
.ht-chip.ht-published {background: #dcefe4; color: #11523a;}
.ht-chip.ht-composed {background: #FFE9A8; color: #4A3500;}
.ht-chip.ht-rest-open {background: #dcefe4; color: #11523a;}
.ht-box {border-left: 4px solid; border-radius: .3rem; padding: .45rem .8rem; margin: 0 0 .5rem;}
.ht-box ul {margin: .15rem 0 0; padding-left: 1.1rem;}
.ht-box li {overflow-wrap: anywhere; margin: 0; line-height: 1.45;}
.ht-wrong {border-color: #b3261e; background: #fbeae8; color: #5c130e;}
.ht-left {border-color: #E69F00; background: #FFF4D6; color: #4A3500;}
.ht-legend {display: flex; flex-wrap: wrap; gap: .15rem 1rem; margin: 0; padding: 0 !important;
  list-style: none; font-size: .86rem; color: #46403d;}
.ht-legend li {display: flex; align-items: center; gap: .35rem; margin: 0;}
.ht-legend img {max-height: 20px;}
.ht-day {list-style: none; margin: .2rem 0 0; padding: 0 !important; max-width: 46rem;}
.ht-day > li, .ht-rests li, .ht-groups section li, .ht-legend li {margin: 0;}
.ht-day > li {display: grid; grid-template-columns: 2.2rem minmax(0, 1fr); gap: .7rem;
  margin: 0; padding: 0;}
.ht-day time {font-variant-numeric: tabular-nums; font-weight: 600; white-space: nowrap;}
.ht-stop {padding: .35rem 0 !important;}
.ht-when b {font-size: 1.04rem; margin-left: .25rem; overflow-wrap: anywhere;}
.ht-mark {width: 2rem; height: 2rem; border-radius: 50%; display: flex; align-items: center;
  justify-content: center; background: #A81C1C; color: #fff; font-weight: 700;}
.ht-mark.ht-guess {background: #fff; color: #7A1313; border: 2px dashed #7A1313;}
.ht-day .ht-no {color: #8f1c16; font-weight: 600;}
.ht-day .ht-doubt {color: #6b4a00;}
.ht-bad .ht-when {color: #8f1c16;}
.ht-way > span {justify-self: center; width: 0; border-left: 4px solid #A81C1C;}
.ht-way.ht-ride > span {border-left: 4px dotted #5F5A57;}
.ht-way.ht-ferry > span {border-left: 4px dashed #1A5A9C;}
.ht-way > details, .ht-way > div {padding: .2rem 0 .45rem;}
.ht-day summary {cursor: pointer; min-height: 1.9rem; line-height: 1.9rem; color: #46403d;
  font-size: .92rem;}
.ht-day details ol {margin: .1rem 0 .3rem; padding-left: 1.3rem; font-size: .92rem;}
.ht-day details li {margin: .1rem 0; line-height: 1.45; overflow-wrap: anywhere;}
.ht-pause {padding: .25rem 0 !important; color: #46403d;}
.ht-two {width: 100%; max-width: 46rem; border-collapse: collapse; font-size: .95rem;
  table-layout: fixed;}
.ht-two th, .ht-two td {text-align: left; vertical-align: top; padding: .3rem .5rem;
  border-bottom: 1px solid #e2dedb; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;}
.ht-two tbody th {font-weight: 400; color: #56504d;}
.ht-two th:first-child {width: 5.6rem;}
.ht-two small {font-weight: 400; color: #11523a;}
.ht-row-way td {font-size: .86rem;}
.ht-groups {display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr));
  gap: .2rem 1.4rem;}
.ht-groups > p, .ht-groups > ul {grid-column: 1 / -1; margin: .1rem 0;}
.ht-groups h4 {margin: 0; padding: .3rem 0 .1rem; font-size: 1rem;}
.ht-groups section ol {margin: 0; padding: 0 !important; list-style: none; font-size: .92rem;}
.ht-groups section li {margin: .1rem 0; padding: 0; overflow-wrap: anywhere;}
.ht-groups time {font-variant-numeric: tabular-nums; color: #56504d;}
.ht-rests {list-style: none; margin: 0; padding: 0 !important;}
.ht-rests li {margin: 0 0 .4rem; padding: 0; overflow-wrap: anywhere;}
.ht-qr {margin: 0; text-align: center; max-width: 13rem;}
.ht-qr img {width: 100%; image-rendering: pixelated;}
.ht-qr figcaption {font-size: .82rem; color: #56504d;}
@media (pointer: coarse), (max-width: 640px) {
  .ht-day summary {min-height: 44px; line-height: 1.4; padding: .7rem 0; box-sizing: border-box;}
  .ht-way > details, .ht-way > div {padding: 0;}
  .ht-way > div {padding: .5rem 0;}
  .ht-day details a {display: inline-block; box-sizing: border-box; min-height: 44px;
    padding: .6rem 0;}
}
@media (max-width: 640px) {
  .ht-two th, .ht-two td {padding: .3rem .25rem;}
  .ht-two th:first-child {width: 4.2rem;}
  .ht-qr {margin: 0 auto;}
}
</style>
"""


def dress() -> None:
    """Add the page's style sheet."""
    st.html(_CSS)
