"""The terminal: language, refusals as sentences with exit codes, Ctrl-C, the progress bar."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import typer

from geo import words
from geo.errors import PlannerError, RequestError

__all__ = ["go_on", "language", "progress", "run", "say", "say_flags", "set_up_log"]

STOPPED = 130
_stopped = threading.Event()


def run(app: Callable[..., Any]) -> None:
    """Run a Typer application and turn every refusal into a sentence and an exit code.

    0 done, 1 bad data, 2 usage, 130 stopped.
    """
    lang = _lang_of(sys.argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a GBK console has no "©"
    _catch_interrupts()
    try:
        if app(standalone_mode=False) == STOPPED:  # Typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except PlannerError as fault:
        _fail(words.say("cli.error", lang, text=fault.sentence(lang)), fault.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail(words.say("cli.interrupted", lang), STOPPED)
    except typer.Exit as leave:
        sys.exit(leave.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        _fail(words.say("cli.error", lang, text=words.say("error.no_memory", lang)), 1)
    except typer.BadParameter.__base__ as usage:  # type: ignore[misc]  # every fault of usage
        usage.show()
        sys.exit(usage.exit_code)


def _catch_interrupts() -> None:
    """Make Ctrl-C certain: inside a destructor Python would print it and go on."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # started with it ignored, or inside a program that has its own way

    def stop(*_: object) -> None:
        _stopped.set()
        raise KeyboardInterrupt

    tell = sys.unraisablehook
    sys.unraisablehook = lambda seen: None if seen.exc_type is KeyboardInterrupt else tell(seen)
    signal.signal(signal.SIGINT, stop)


def go_on() -> None:
    if _stopped.is_set():
        raise KeyboardInterrupt


def _fail(sentence: str, code: int) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201
    sys.exit(code)


def say(line: str = "", *, err: bool = False) -> None:
    typer.echo(line, err=err)


def _lang_of(argv: list[str]) -> str:
    """Return the language asked for, wherever the option stands; errors need it before parsing."""
    asked = os.environ.get("HONGTU_LANG", "zh")
    for at, word in enumerate(argv):
        if word == "--lang" and at + 1 < len(argv):
            asked = argv[at + 1]
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    return asked if asked in words.LANGUAGES else "zh"


def language(lang: str | None) -> str:
    if lang is None:
        return _lang_of([])
    if lang not in words.LANGUAGES:
        raise RequestError("choice_unknown", option="--lang", word=lang, known="zh, en")
    return lang


def set_up_log(verbose: bool) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(name)s: %(message)s"
    )


@contextmanager
def progress(lang: str) -> Iterator[Callable[[str, int, int], None]]:
    """Give a callback (stage, done, total) that draws a bar on a terminal's standard error."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: go_on()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    tasks: dict[str, Any] = {}

    def tell(stage: str, done: int, total: int) -> None:
        go_on()
        if stage not in tasks:
            tasks[stage] = bar.add_task(words.say(f"stage.{stage}", lang), total=total)
        bar.update(tasks[stage], completed=done, total=total)

    with bar:
        yield tell


def say_flags(flags: tuple[str, ...], lang: str, *, err: bool = False) -> None:
    for flag in flags:
        say(words.say("cli.flag", lang, text=words.say(f"flag.{flag}", lang)), err=err)
