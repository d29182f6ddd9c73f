"""Words, and their letters without marks.

>>> bare("Đúng là được")
'Dung la duoc'
"""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W\d_]+")
_BARE = str.maketrans("đĐłŁı", "dDlLi") | {
    code: letter
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if (letter := unicodedata.normalize("NFD", chr(code))[0]) < "\x80"
}
"""Letters that a mark makes, and those that no mark makes."""


def bare(text: str) -> str:
    """Latin letters without their marks, as on a keyboard that has none; other scripts stay, where a mark makes another letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_BARE)
