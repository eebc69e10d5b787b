"""Steps in the history of a browser: each question is one, and Back leads to the one before."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = ["went_back", "write_address"]


def went_back() -> bool:
    """Return whether this run was caused by a step in the history of the browser.

    An address that merely differs from the one kept last does not tell so: what a hand sends
    before its browser has the new address comes with the old one.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def write_address(told: Mapping[str, list[str]], names: Collection[str]) -> None:
    """Let the address say `told` of the fields `names`, in one step; the others stay."""
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    then = {name: values for name, values in now.items() if name not in names}
    then |= {name: told[name] for name in names if name in told}
    if then != now:
        st.query_params.from_dict(then)
