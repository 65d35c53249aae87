"""Licences of source files as SPDX ids: from a tag in the file, or the nearest licence file's text."""

from __future__ import annotations

import dataclasses
import os
import re

from data.sources import InputFile

#: Names of licence files, without extension, in lower case.
LICENCE_NAMES = ("license", "licence", "copying", "unlicense", "copyright")

_HEAD_BYTES = 30_000
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+\-() ]{2,80})")
_SPACE = re.compile(r"[\s*#/;\"'`“”]+")

#: Phrases that only the licence's own text holds, in order: the first that fits, decides.
_PHRASES: tuple[tuple[str, str], ...] = (
    ("AGPL-3.0", r"gnu affero general public license version 3"),
    ("LGPL-3.0", r"gnu lesser general public license version 3"),
    ("LGPL-2.1", r"gnu lesser general public license version 2\.1"),
    ("LGPL-2.0", r"gnu library general public license version 2"),
    ("GPL-3.0", r"gnu general public license version 3"),
    ("GPL-2.0", r"gnu general public license version 2"),
    ("GPL-1.0", r"gnu general public license version 1"),
    ("MPL-2.0", r"mozilla public license,? (?:version|v\.?) ?2\.0"),
    ("EPL-2.0", r"eclipse public license - v ?2\.0"),
    ("EPL-1.0", r"eclipse public license - v ?1\.0"),
    ("Apache-2.0", r"apache license,? version 2\.0"),
    ("BSL-1.0", r"boost software license - version 1\.0"),
    ("CC0-1.0", r"cc0 1\.0 universal|creative commons zero v1\.0"),
    ("CC-BY-SA-4.0", r"attribution-sharealike 4\.0 international"),
    ("CC-BY-4.0", r"attribution 4\.0 international"),
    ("Unlicense", r"this is free and unencumbered software released into the public domain"),
    ("PSF-2.0", r"python software foundation license version 2|psf license agreement"),
    ("WTFPL", r"do what the fuck you want to public license"),
    ("ISC", r"permission to use, copy, modify, and(?: or)? distribute this software for any purpose with or"),
    ("Zlib", r"altered source versions must be plainly marked"),
    ("BSD-3-Clause", r"redistribution and use in source and binary forms.*neither the names?"),
    ("BSD-2-Clause", r"redistribution and use in source and binary forms"),
    ("MIT", r"permission is hereby granted, free of charge, to any person obtaining a copy of this"),
    ("Apache-2.0", r"licensed under the apache license"),
)
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _PHRASES)


def is_licence_file(name: str) -> bool:
    """Returns whether a file's name says that it holds a licence (LICENSE, COPYING.txt, LICENSE-MIT)."""
    stem = name.lower().split(".")[0]
    return stem in LICENCE_NAMES or (stem.split("-")[0] in LICENCE_NAMES and "." not in name.removesuffix(".txt"))


def find_tag(text: str) -> str | None:
    """Returns what an `SPDX-License-Identifier:` line in a file's head says, or null."""
    found = _TAG.search(text[:4000])
    return found[1].strip() or None if found else None


def recognise(text: str) -> str | None:
    """Returns the SPDX id of a licence file's text, or null if it is none that we know.

    Two licences in one text (dual licensing) are told by the first in the list only where one
    contains the other's words; LICENSE-MIT beside LICENSE-APACHE is two files, see `combine`.
    """
    tag = find_tag(text)
    if tag:
        return tag
    level = _SPACE.sub(" ", text[:_HEAD_BYTES].lower())
    return next((name for name, pattern in _PATTERNS if pattern.search(level)), None)


def combine(licences: list[str]) -> str | None:
    """Returns one SPDX expression for the licence files of one folder, or null if there is none."""
    distinct = sorted(set(licences))
    return " OR ".join(distinct) if distinct else None


class FolderLicences:
    """The licences that a tree's licence files declare for the folders they stand in."""

    def __init__(self) -> None:
        self._by_folder: dict[str, str | None] = {}

    def given_to(self, file: InputFile) -> InputFile:
        """Returns the file with the licence of the nearest folder that declares one, up to the root."""
        folder = os.path.dirname(file.path)
        for _ in range(file.relative.count("/") + 1):
            licence = self._of_folder(folder)
            if licence:
                return dataclasses.replace(file, licence=licence)
            folder = os.path.dirname(folder)
        return file

    def _of_folder(self, folder: str) -> str | None:
        if folder not in self._by_folder:
            found = []
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if is_licence_file(name) and os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as opened:
                        found.append(recognise(opened.read(2**16).decode("utf-8", "replace")))
            self._by_folder[folder] = combine([licence for licence in found if licence])
        return self._by_folder[folder]
