"""Work in a process of its own, which can be ended. Imports little: every such process imports it."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["serve.warmed"])
"""A fork of the server itself would copy the locks of its threads, and hold its clients' connections open."""


def warm() -> None:
    """Begins to load, without waiting, what the processes of `in_process` have in common."""
    forkserver.ensure_running()


def in_process(seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a function in a process of its own, which is ended with whatever memory it took. Blocks; raises what it raises, and
    TimeoutError."""
    found, told = _PROCESSES.Pipe(duplex=False)
    child = _PROCESSES.Process(target=_tell, args=(told, function, args, kwargs), daemon=True)
    with found, told:
        child.start()
        told.close()  # so that the end of the child is the end of what is read
        try:
            if not found.poll(seconds):
                raise TimeoutError
            result, error = found.recv()
        except EOFError:
            child.join()
            raise RuntimeError(f"the process that ran {function.__name__} ended with {child.exitcode}") from None
        finally:
            child.kill()
            child.join()
    if error is not None:
        raise error
    return cast(T, result)


def _tell(told: Connection, function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    try:
        told.send((function(*args, **kwargs), None))
    except Exception as error:
        error.add_note(traceback.format_exc())  # the trace itself stays in this process
        told.send((None, error))
