"""Compiled functions over texts; see `data/compiled.py` and `filters/kernels/texts.py`."""
