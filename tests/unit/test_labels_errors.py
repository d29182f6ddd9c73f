"""The error tree: one root, drawn as it is."""

from __future__ import annotations

import re

from labels import errors


def test_the_drawn_tree_is_the_tree() -> None:
    drawn = re.findall(r"^(?:├── |└── )(\w+)", errors.__doc__ or "", re.MULTILINE)
    assert drawn == [each.__name__ for each in errors.ThreadwiseError.__subclasses__() if each.__module__ == errors.__name__]


def test_every_error_says_when_it_is_raised() -> None:
    assert all(len((each.__doc__ or "").split()) > 5 for each in errors.ThreadwiseError.__subclasses__())
