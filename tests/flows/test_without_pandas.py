"""pyarrow goes without pandas where it is told to, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

BEGIN = "import sys; from flows.without_pandas import leave_pandas_out; import pyarrow as pa\n"


def said(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_list_becomes_an_array_without_pandas() -> None:
    assert said("leave_pandas_out(); pa.array([1, 2]); print('pandas' in sys.modules)") == "False"


def test_pandas_can_still_be_imported_and_given_tables() -> None:
    program = "leave_pandas_out(); import pandas; print(pa.table({'a': [1, 2]}).to_pandas()['a'].sum())"
    assert said(program) == "3"


def test_where_pandas_is_already_there_its_series_are_still_known() -> None:
    program = "import pandas; leave_pandas_out(); print(pa.array(pandas.Series([1.0, None])).null_count)"
    assert said(program) == "1"
