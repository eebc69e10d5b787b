"""The terminal: language, refusals as sentences with exit codes, Ctrl-C, the progress bar."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import typer

from geo import stopping, words
from geo.errors import PlannerError, RequestError

__all__ = ["language", "progress", "run", "say", "say_flags", "set_up_log"]

STOPPED = 130


def run(app: Callable[..., Any]) -> None:
    """Run a Typer application and turn every refusal into a sentence and an exit code.

    0 done, 1 bad data, 2 usage, 130 stopped.
    """
    lang = _lang_of(sys.argv)
    # Imports and frames make very many objects and hardly a cycle: looking for cycles after every
    # 700 of them, and again at the end, took a fifth of a short command's time.
    gc.set_threshold(200_000, 20, 50)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a GBK console has no "©"
    _catch_interrupts(lang)
    try:
        app(standalone_mode=False)
        _ignore_interrupts()  # all is done: only the interpreter has still to end
    except PlannerError as fault:
        _fail(words.say("cli.error", lang, text=fault.sentence(lang)), fault.exit_code)
    except typer.Abort:
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


def _catch_interrupts(lang: str) -> None:
    """Make Ctrl-C certain, wherever the program is: see `geo.stopping`."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # started with it ignored, or inside a program that has its own way

    def end(settled: list[Path], left: list[Path]) -> None:
        said = words.say("cli.interrupted_late" if settled else "cli.interrupted", lang,
                         paths="、".join(str(path) for path in settled))  # fmt: skip
        if left:
            said += " " + words.say("cli.left_behind", lang,
                                    paths="、".join(str(path) for path in left))  # fmt: skip
        with suppress(OSError):  # straight to the file: the stream may be in the midst of a line
            clear = "\r\x1b[K\x1b[?25h" if sys.stderr.isatty() else ""
            os.write(2, f"{clear}{said}\n".encode(sys.stderr.encoding, "replace"))
        os._exit(STOPPED)

    signal.signal(signal.SIGINT, lambda *_: stopping.stop(end))


def _ignore_interrupts() -> None:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


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
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    tasks: dict[str, Any] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(words.say(f"stage.{stage}", lang), total=total)
        bar.update(tasks[stage], completed=done, total=total)

    with bar:
        yield tell


def say_flags(flags: tuple[str, ...], lang: str, *, err: bool = False) -> None:
    for flag in flags:
        say(words.say("cli.flag", lang, text=words.say(f"flag.{flag}", lang)), err=err)
