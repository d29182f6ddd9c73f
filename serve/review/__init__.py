"""The moderators' desk."""

from __future__ import annotations

from fastapi import FastAPI


def mount(app: FastAPI) -> None:
    """Adds the desk's routes and static files to the application."""
