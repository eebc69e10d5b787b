"""Which font of the system the picture is drawn with, and which letters it lacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["Font", "find_font", "font_folders"]

# File of the regular face, of the bold one ("" where there is none), and of the family within a
# collection. The best for a sheet first; sans before serif.
_CHINESE = (
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "Noto Sans CJK SC"),
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf", ""),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf", ""),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf", ""),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf", ""),
    ("PingFang.ttc", "", "PingFang SC"),
    ("msyh.ttc", "msyhbd.ttc", "Microsoft YaHei"),
    ("Hiragino Sans GB.ttc", "", "Hiragino Sans GB"),
    ("STHeiti Medium.ttc", "", "Heiti SC"),
    ("Deng.ttf", "Dengb.ttf", ""),
    ("simhei.ttf", "", ""),
    ("wqy-microhei.ttc", "", "WenQuanYi Micro Hei"),
    ("wqy-zenhei.ttc", "", "WenQuanYi Zen Hei"),
    ("DroidSansFallbackFull.ttf", "", ""),
    ("NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC"),
    ("simsun.ttc", "", "SimSun"),
)
_OTHERS = (
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf", ""),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", ""),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", ""),
    ("segoeui.ttf", "segoeuib.ttf", ""),
    ("arial.ttf", "arialbd.ttf", ""),
    ("Helvetica.ttc", "", "Helvetica"),
)
_SAMPLE = "南京步行"
_NOWHERE = "\U0010fffe"  # no character, so a font shows it by its mark for what it lacks


@dataclass(frozen=True)
class Font:
    """A font to draw with.

    Attributes
    ----------
    files
        The regular face and, where there is one, the bold one.
    family, index
        Its name, and which face of the file it is.
    chinese
        Whether Chinese can be written with it.
    """

    files: tuple[str, ...]
    family: str
    index: int
    chinese: bool

    def width(self, text: str, size: float) -> float:
        """Return the width of a text at a size, in the same unit."""
        return float(_face(self.files[0], self.index).getlength(text)) * size / _MEASURED

    def lacking(self, text: str) -> str:
        """Return the letters of `text` that it cannot draw, each once, in order."""
        face = _face(self.files[0], self.index)
        nothing = bytes(face.getmask(_NOWHERE))
        letters = (sign for sign in dict.fromkeys(text) if not sign.isspace())
        return "".join(
            sign
            for sign in letters
            if not sign.isprintable() or bytes(face.getmask(sign)) == nothing
        )


_MEASURED = 32


@lru_cache(maxsize=4)
def _face(path: str, index: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(path, _MEASURED, index=index)


def font_folders() -> tuple[Path, ...]:
    """Return where the system keeps its fonts."""
    home = Path.home()
    if os.name == "nt":
        local = Path(os.environ.get("LOCALAPPDATA", home))
        windows = Path(os.environ.get("WINDIR", "C:/Windows"))
        return windows / "Fonts", local / "Microsoft" / "Windows" / "Fonts"
    if sys.platform == "darwin":
        system = Path("/System/Library")
        return (
            system / "Fonts", Path("/Library/Fonts"), home / "Library" / "Fonts",
            system / "AssetsV2" / "com_apple_MobileAsset_Font7",
        )  # fmt: skip
    shared = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
    return (*shared, home / ".local" / "share" / "fonts", home / ".fonts")


def find_font(folders: Iterable[Path] | None = None) -> Font | None:
    """Return the best font there is: one with Chinese, else one without, None for none at all."""
    return _found(tuple(font_folders() if folders is None else folders))


@lru_cache(maxsize=8)
def _found(folders: tuple[Path, ...]) -> Font | None:
    files: dict[str, str] = {}
    for folder in folders:
        for base, _, names in os.walk(folder):
            for name in sorted(names):
                files.setdefault(name.casefold(), str(Path(base) / name))
    for chinese, listed in ((True, _CHINESE), (False, _OTHERS)):
        for regular, bold, family in listed:
            path = files.get(regular.casefold())
            found = None if path is None else _usable(path, family, chinese)
            if found is not None:
                heavy = files.get(bold.casefold()) if bold else None
                extra = (heavy,) if heavy else ()
                return Font((*found.files, *extra), found.family, found.index, chinese)
    return None


def _usable(path: str, family: str, chinese: bool) -> Font | None:
    """Return the face of a file that has the wanted family and letters, None where it has not."""
    for index in range(24):
        try:
            name = _face(path, index).getname()[0] or ""
        except OSError:  # not a font, or no more faces
            return None
        if family and name != family:
            continue
        font = Font((path,), name, index, chinese)
        return font if not font.lacking(_SAMPLE if chinese else "Aa1") else None
    return None
