"""Compiled functions over texts; see `filters/compiled.py` and `filters/kernels/texts.py`."""
