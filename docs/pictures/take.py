"""Take the pictures of the README anew: ``python docs/pictures/take.py``; needs Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from PIL import Image
from running_app import AppBrowser, serve

HERE = Path(__file__).parent

with tempfile.TemporaryDirectory() as place, serve(Path(place)) as address, AppBrowser() as page:
    for name, width, height, phone, where in (
        ("circles", 1280, 900, False, "circles?"),
        ("phone", 390, 844, True, "circles?"),
        ("study", 1280, 900, False, "study?line=riverside&date=2026-05-08&"),
    ):
        for lang in ("zh", "en"):
            page.screen(width, height, phone=phone)
            page.open(f"{address}/{where}lang={lang}", 0.0)
            page.await_map()
            page.pause(1.5)
            path = HERE / f"{name}.{lang}.png"
            page.picture(path)
            with Image.open(path) as picture:  # a palette: a third of the bytes, no visible loss
                picture.convert("RGB").quantize(256).save(path, optimize=True)
