"""The quickstart's input: real text found on every machine, plus planted difficulties.

`phimill sample-corpus DIR` writes it. Everything is read from the Python installation and
the installed packages as files; no module is imported and no network is used.
"""

from data.sample_corpus.corpus import write_sample_corpus

__all__ = ["write_sample_corpus"]
