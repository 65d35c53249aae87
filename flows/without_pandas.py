"""Keeps pyarrow from importing pandas, for commands that only look at a run: a fifth of a second of start-up."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType


class _Hidden:
    """A finder of modules that says of pandas that it is not installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raises for pandas and leaves every other module to the finders behind it."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not needed here", name=name)


def leave_pandas_out() -> None:
    """Lets pyarrow go without pandas in this process; where somebody has imported it already, it stays.

    pyarrow imports pandas, where that is installed, when it is first given a list or a string, only to see
    whether it is a Series. It asks once and remembers the answer, so it is asked while pandas cannot be found;
    afterwards pandas can be imported like any other module.

    For processes that measure nothing with the user's code: a Series given to `pyarrow.array` is then taken for
    any sequence, and its missing numbers stay NaN.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.scalar(True)
    finally:
        sys.meta_path.remove(hidden)
