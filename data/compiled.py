"""The one owner of numba: compiled functions, and where their machine code is kept.

Compiling takes seconds, loading what was compiled milliseconds. The machine code is kept in
phimill's own cache folder (`$PHIMILL_CACHE`, else `$XDG_CACHE_HOME/phimill`, else
`~/.cache/phimill`), in a subfolder for each package of kernels, named by the digest of its source:
numba looks only at the file that a function stands in, not at those that it calls. Where no folder
can be written, or others may write to it, functions are compiled anew in every process.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import tempfile
import warnings
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Callable, TypeVar, cast

import numpy as np

from data.atomic import atomic_path
from data.fingerprint import code_digest, module_names
from data.own_folder import make_private, who_else_writes, who_else_writes_in

Function = TypeVar("Function", bound=Callable[..., Any])
#: So many bytes are compared in one step.
WIDTH = 32


@functools.cache
def cache_folder() -> Path | None:
    """Returns phimill's cache folder, made if need be; None where it cannot be written, or others can write, too."""
    home = os.environ.get("PHIMILL_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return _own(Path(os.path.realpath(Path(home or Path(base, "phimill")).expanduser())), who_else_writes)
    except RuntimeError:  # no home folder
        return None


def _own(folder: Path, who_else: Callable[[Path], str]) -> Path | None:
    """Returns a folder, made if need be; None if nothing can be written there, or others can write there, too."""
    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder):
            fault = who_else(folder)
    except OSError:
        return None
    if fault:
        warnings.warn(
            f"{fault}: compiled code in {folder} is not trusted, and each process compiles its own, which takes up to "
            "a minute. Let nobody else write there (chmod -R go-w), or name a folder of your own in PHIMILL_CACHE",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return folder


def cached_arrays(key: str, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns arrays from the cache folder, read-only; builds and keeps them if they are not there.

    Args:
        key: the file's name; says everything that the arrays depend on.
        build: returns the arrays by name.
    """
    folder = cache_folder()
    path = folder / f"{key}.npz" if folder else None
    arrays = _load(path) if path is not None else None
    if arrays is None:
        arrays = build()
        if path is not None:
            # Without room for it the table is made by every process, which costs a second or two.
            with contextlib.suppress(OSError), atomic_path(path) as temporary, temporary.open("wb") as file:
                np.savez(file, **arrays)
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def _load(path: Path) -> dict[str, Any] | None:
    """Returns a file's arrays; None if it is not there, cut short, or not ours."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


@functools.cache
def kernel_folder(package: str) -> Path | None:
    """Returns where the machine code of a package of kernels is kept, None for nowhere."""
    folder = cache_folder()
    if folder is None:
        return None
    python = f"{sys.version_info[0]}{sys.version_info[1]}"
    told = distribution("numba")  # importing it takes half a second, reading its metadata as mail 10 ms
    lines = (told.read_text("METADATA") or told.read_text("PKG-INFO") or "").splitlines()
    numba = next(line.split()[1] for line in lines if line.startswith("Version: "))
    own = folder / "kernels" / f"{code_digest(*module_names(package))}-{python}-{numba}"
    return _own(own, who_else_writes_in)


def _keep_code(dispatcher: Any, folder: Path) -> None:
    """Keeps a function's machine code: what cannot be read is compiled anew, what cannot be written is not kept."""
    from numba import config
    from numba.core import caching

    numba_caching: Any = caching
    # What numba meets in a damaged cache, on a full disk, in a folder that has gone.
    unreadable = (OSError, EOFError, numba_caching.pickle.UnpicklingError)

    class Cache(numba_caching.FunctionCache):  # type: ignore[misc]
        def load_overload(self, sig: Any, target_context: Any) -> Any:
            with contextlib.suppress(*unreadable):
                return super().load_overload(sig, target_context)
            with contextlib.suppress(OSError):
                self.flush()  # a file that was cut when the machine stopped, say; it would be met again
            return None

        def save_overload(self, sig: Any, data: Any) -> None:
            with contextlib.suppress(*unreadable):
                super().save_overload(sig, data)

    settings: Any = config
    settings.CACHE_DIR = str(folder)  # read when a cache is made
    dispatcher._cache = Cache(dispatcher.py_func)


def compiled(function: Function) -> Function:
    """Compiles a function for this processor when it is first called; it then runs without the GIL.

    No fast-math and no threads: results are the same bits everywhere. Indices are not checked.
    """
    return _compiled(function)


def borrowing(function: Function) -> Function:
    """As `compiled`, for a function that makes no arrays: numba does not count who has those that it is given.

    Counting takes longer than what a small function does.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Function, **options: bool) -> Function:
    import numba

    dispatcher = numba.njit(nogil=True, **options)(function)
    if (folder := kernel_folder(function.__module__.rpartition(".")[0])) is not None:
        _keep_code(dispatcher, folder)
    return cast(Function, dispatcher)


def inlined(function: Function) -> Function:
    """As `compiled`, for a small function that is called in inner loops of other compiled ones."""
    import numba

    return cast(Function, numba.njit(inline="always", nogil=True)(function))


def pair_finder() -> Callable[[Any, Any, Any, Any, Any], Any]:
    """Returns a function for compiled code that looks at WIDTH bytes from a place on in one step.

    `first_pair(data, place, byte, gap, other)` is where the first `byte` stands, counted from the place, that has
    `other` at so many bytes after it; WIDTH if none does. All bytes that are looked at must be there.
    """
    from numba.core import types
    from numba.core.cgutils import ir
    from numba.extending import intrinsic

    wide, whole = ir.VectorType(ir.IntType(8), WIDTH), ir.IntType(WIDTH)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)

    def first_pair(typing: Any, data: Any, place: Any, byte: Any, gap: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            def at(number: int, kind: Any) -> Any:
                return context.cast(builder, values[number], signature.args[number], kind)

            def are(start: Any, number: int) -> Any:
                pointer = builder.bitcast(builder.gep(first, [start]), wide.as_pointer())
                lane = builder.insert_element(ir.Constant(wide, ir.Undefined), at(number, types.uint8), whole(0))
                every = builder.shuffle_vector(lane, ir.Constant(wide, ir.Undefined), lanes)
                return builder.icmp_unsigned("==", builder.load(pointer, align=1), every)

            first = context.make_array(signature.args[0])(context, builder, values[0]).data
            start = at(1, types.int64)
            both = builder.and_(are(start, 2), are(builder.add(start, at(3, types.int64)), 4))
            count = builder.cttz(builder.bitcast(both, whole), ir.IntType(1)(0))
            return builder.zext(count, ir.IntType(64))

        return types.int64(data, place, byte, gap, other), generate

    return cast(Callable[[Any, Any, Any, Any, Any], Any], intrinsic(first_pair))


def mover() -> Callable[[Any, Any, Any, Any], Any]:
    """Returns a function for compiled code that copies WIDTH bytes in one step.

    `move(target, at, data, place)` copies those from a place on to another in another array; it returns nothing of use.
    """
    from numba.core import types
    from numba.core.cgutils import ir
    from numba.extending import intrinsic

    wide = ir.VectorType(ir.IntType(8), WIDTH)

    def move(typing: Any, target: Any, at: Any, data: Any, place: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            def pointer(number: int) -> Any:
                first = context.make_array(signature.args[number])(context, builder, values[number]).data
                start = context.cast(builder, values[number + 1], signature.args[number + 1], types.int64)
                return builder.bitcast(builder.gep(first, [start]), wide.as_pointer())

            builder.store(builder.load(pointer(2), align=1), pointer(0), align=1)
            return context.get_constant(types.int64, 0)

        return types.int64(target, at, data, place), generate

    return cast(Callable[[Any, Any, Any, Any], Any], intrinsic(move))
