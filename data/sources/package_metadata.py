"""The licence that a package's own description declares: pyproject.toml, package.json, pom.xml, …"""

from __future__ import annotations

import configparser
import json
import posixpath
import re
import tomllib
from typing import Any, Callable

_MAX_CHARS = 500_000
#: Of a file that takes longer; in pom.xml, whatever names a licence stands before that. Dots in a line of TOML.
_MAX_SLOW_CHARS, _MAX_DOTS = 100_000, 1000
_NO_LICENCE = ("UNLICENSED", "SEE LICENSE", "UNKNOWN", "NONE", "PROPRIETARY")
_EXPRESSION = re.compile(r"[(A-Za-z0-9][A-Za-z0-9.+()\- /]{0,99}")

#: What people write → SPDX.
_SPELLINGS = {
    "mit license": "MIT", "the mit license": "MIT", "mit": "MIT", "apache 2.0": "Apache-2.0", "apache-2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0", "the apache software license, version 2.0": "Apache-2.0",
    "the apache license, version 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache software license": "Apache-2.0", "apache": "Apache-2.0", "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause", "3-clause bsd": "BSD-3-Clause", "bsd-3": "BSD-3-Clause",
    "bsd 2-clause": "BSD-2-Clause", "simplified bsd": "BSD-2-Clause", "isc license": "ISC", "isc": "ISC",
    "gplv3": "GPL-3.0", "gpl v3": "GPL-3.0", "gpl-3": "GPL-3.0", "gplv2": "GPL-2.0", "gpl v2": "GPL-2.0",
    "gpl-2": "GPL-2.0", "lgplv3": "LGPL-3.0", "agplv3": "AGPL-3.0", "mpl 2.0": "MPL-2.0", "mpl2": "MPL-2.0",
    "psf": "PSF-2.0", "public domain": "CC0-1.0", "unlicense": "Unlicense", "the unlicense": "Unlicense",
}  # fmt: skip
_CLASSIFIERS = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0", "GNU General Public License v2 (GPLv2)": "GPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0", "The Unlicense (Unlicense)": "Unlicense",
    "GNU Affero General Public License v3": "AGPL-3.0", "zlib/libpng License": "Zlib",
    "Python Software Foundation License": "PSF-2.0",
}  # fmt: skip


def declared_licence(name: str, text: str) -> str | None:
    """Returns the SPDX expression that a package's description declares, or null.

    Args:
        name: the file's name without folders.
        text: its content; what cannot be read declares nothing.
    """
    read = _reader(name)
    if read is None or len(text) > _MAX_CHARS:
        return None
    try:
        return _spdx(read(text))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, configparser.Error):
        return None


def is_package_file(name: str) -> bool:
    """Returns whether a file of this name may declare a licence."""
    return _reader(name) is not None


def _reader(name: str) -> Callable[[str], Any] | None:
    return _READERS.get(name) or _ENDINGS.get(posixpath.splitext(name)[1])


def _toml(text: str) -> dict[str, Any]:
    """Returns what a file in TOML says; what no person writes, over which tomllib sits for minutes, is refused."""
    if len(text) > _MAX_SLOW_CHARS or max(line.count(".") for line in text.split("\n")) > _MAX_DOTS:
        raise ValueError
    return tomllib.loads(text)


def _pyproject(text: str) -> Any:
    values = _toml(text)
    project = values.get("project", {})
    stated = project.get("license") or values.get("tool", {}).get("poetry", {}).get("license")
    if isinstance(stated, dict):
        stated = stated.get("text")
    return stated if _spdx(stated) else _of_classifiers(project.get("classifiers", []))


def _setup_cfg(text: str) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    stated = parser.get("metadata", "license", fallback=None)
    return stated if _spdx(stated) else _of_classifiers(parser.get("metadata", "classifiers", fallback="").splitlines())


def _package_json(text: str) -> Any:
    values = json.loads(text)
    stated = values.get("license") or values.get("licenses")
    if isinstance(stated, list):
        each = [_spdx(one.get("type") if isinstance(one, dict) else one) for one in stated]
        return " OR ".join(sorted({one for one in each if one})) or None
    return stated.get("type") if isinstance(stated, dict) else stated


def _cargo(text: str) -> Any:
    values = _toml(text)
    stated = values.get("package", {}).get("license") or values.get("workspace", {}).get("package", {}).get("license")
    return re.sub(r"\s*/\s*", " OR ", stated) if isinstance(stated, str) else None  # the slash is Cargo's old OR


def _composer(text: str) -> Any:
    stated = json.loads(text).get("license")
    return " OR ".join(sorted(map(str, stated))) if isinstance(stated, list) else stated


def _setup_py(text: str) -> Any:
    """Reads what a setup.py says in so many words: it is a program, and nothing of a repository is run."""
    stated = _SETUP_LICENCE.search(text)
    return stated[1] if stated and _spdx(stated[1]) else _of_classifiers(_CLASSIFIER.findall(text))


def _pom(text: str) -> Any:
    names = [name for block in _POM_LICENCES.findall(text[:_MAX_SLOW_CHARS]) for name in _POM_NAME.findall(block)]
    return " OR ".join(sorted({found for name in names if (found := _spdx(name))})) or None


def _gemspec(text: str) -> Any:
    stated = _GEM_LICENCE.search(text)
    return stated[1] if stated else None


_SETUP_LICENCE = re.compile(r"""\blicense\s*=\s*[\"']([^\"'\n]{1,100})[\"']""")
_CLASSIFIER = re.compile(r"""[\"'](License ::[^\"'\n]{1,150})[\"']""")
_POM_LICENCES = re.compile(r"<licenses>(.{0,4000}?)</licenses>", re.DOTALL)
_POM_NAME = re.compile(r"<name>\s*([^<]{1,100}?)\s*</name>")
_GEM_LICENCE = re.compile(r"""\.licenses?\s*=\s*\[?\s*[\"']([^\"'\n]{1,100})[\"']""")

_READERS: dict[str, Callable[[str], Any]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "package.json": _package_json,
    "Cargo.toml": _cargo,
    "composer.json": _composer,
    "setup.py": _setup_py,
    "pom.xml": _pom,
}
#: By ending, where the name is the package's.
_ENDINGS: dict[str, Callable[[str], Any]] = {".gemspec": _gemspec}


def _of_classifiers(classifiers: list[Any]) -> str | None:
    found = {
        _CLASSIFIERS[last]
        for one in classifiers
        if isinstance(one, str) and one.strip().startswith("License ::")
        if (last := one.split("::")[-1].strip()) in _CLASSIFIERS
    }
    return " OR ".join(sorted(found)) or None


def _spdx(stated: Any) -> str | None:
    """Returns an SPDX expression for what somebody wrote, or null if it is none."""
    if not isinstance(stated, str):
        return None
    text = " ".join(stated.split())
    if text.startswith("(") and text.find(")") == len(text) - 1:  # as npm wants expressions written
        text = text[1:-1].strip()
    if text.lower() in _SPELLINGS:
        return _SPELLINGS[text.lower()]
    if not _EXPRESSION.fullmatch(text) or text.upper().startswith(_NO_LICENCE):
        return None
    words = re.sub(r"[()]", " ", text).split()
    joined = [word for word in words if word in ("OR", "AND", "WITH")]
    named = [word for word in words if re.search(r"[-.\d]|^[A-Z]{2,}", word)]
    return text if len(named) == len(words) and (len(words) == 1 or joined) else None
