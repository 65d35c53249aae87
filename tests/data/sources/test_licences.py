from __future__ import annotations

import pytest

from data.sources.languages import language_of
from data.sources.licences import combine, is_licence_file, recognise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("           Apache License\n         Version 2.0, January 2004", "Apache-2.0"),
        ("Redistribution and use in source and binary forms, with or\n... 3. Neither the name", "BSD-3-Clause"),
        ("Redistribution and use in source and binary forms, with or without modification", "BSD-2-Clause"),
        ("Permission to use, copy, modify, and/or distribute this software for any\npurpose with or without", "ISC"),
        ("Mozilla Public License Version 2.0\n====", "MPL-2.0"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\n   Version 3 ... GNU General Public License version 3", "LGPL-3.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n   Version 3, 19 November 2007", "AGPL-3.0"),
        ("GNU GENERAL PUBLIC LICENSE\n   Version 2, June 1991", "GPL-2.0"),
        ("This is free and unencumbered software released into the public domain.", "Unlicense"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("2. Altered source versions must be plainly marked as such", "Zlib"),
        ("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "PSF-2.0"),
        ("Boost Software License - Version 1.0 - August 17th, 2003", "BSL-1.0"),
        ("SPDX-License-Identifier: MIT OR Apache-2.0\n", "MIT OR Apache-2.0"),
        ("All rights reserved.", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_licence_is_known_by_its_own_words(text: str, expected: str | None) -> None:
    assert recognise(text) == expected


def test_licence_files_are_known_by_their_names() -> None:
    for name in ("LICENSE", "LICENCE.txt", "license.md", "COPYING", "LICENSE-MIT", "COPYING.LESSER", "UNLICENSE"):
        assert is_licence_file(name), name
    for name in ("licenses.py", "license-checker.js", "README", "copy.txt"):
        assert not is_licence_file(name), name


def test_two_licence_files_are_a_choice() -> None:
    assert combine(["MIT", "Apache-2.0", "MIT"]) == "Apache-2.0 OR MIT"
    assert combine([]) is None


def test_a_file_name_tells_the_language_or_nothing() -> None:
    assert language_of("a/b.PY") == "python"
    assert language_of("Dockerfile.dev") == "dockerfile"
    assert language_of("x/CMakeLists.txt") == "cmake"
    assert language_of("py") is None
    assert language_of("a.unknown") is None
