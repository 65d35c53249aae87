"""The sample's source code: real files by distribution, with licences, and what is planted among them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from data.sample_corpus import edits
from data.sample_corpus.benchmark import Item
from data.sample_corpus.choices import ranked
from data.sample_corpus.labels import DAMAGED, EXACT, HIDDEN_IN_CODE, NEAR, NORMALISED, Label, TruthRow, truth_row
from data.sample_corpus.machine import STDLIB, Distribution, SourceFile

#: The source's name in quickstart.yaml.
CODE = "code"
COPIES = ((EXACT, 20), (NORMALISED, 10), (NEAR, 24))
DAMAGED_FILES = 2


def write_code(
    folder: Path, found: Sequence[Distribution], files: Sequence[SourceFile], items: Sequence[Item]
) -> list[TruthRow]:
    """Writes the folder anew and returns what was planted in it.

    Every second benchmark item is hidden at the end of a file; copies of further files stand in
    a neighbouring folder, `<distribution>-mirror`.
    """
    suitable = ranked("plant", [file for file in files if 80 <= len(file.text.split()) <= 3000], lambda file: file.name)
    hosts = {file.name: item for file, item in zip(suitable, items[::2], strict=False)}
    contents: dict[str, bytes] = {}
    truth = []
    for file in files:
        hidden = hosts.get(file.name)
        contents[file.name] = (f"{file.text.rstrip()}\n\n\n{hidden.code}" if hidden else file.text).encode()
        if hidden:
            truth.append(truth_row(HIDDEN_IN_CODE, CODE, file.name))
    rest = iter(suitable[len(hosts) :])
    for label, count in COPIES:
        made = 0
        while made < count:
            file = next(rest)
            copy = _copied(file, label)
            if copy is not None:
                name = f"{file.dist}-mirror/{file.path}"
                contents[name] = copy.encode()
                truth.append(truth_row(label, CODE, name, (CODE, file.name)))
                made += 1
    for place in range(DAMAGED_FILES):
        name = f"{STDLIB}-mirror/damaged_{place}.py"
        contents[name] = b"\x00\xff" + hashlib.sha512(name.encode()).digest() * 20
        truth.append(truth_row(DAMAGED, CODE, name))
    by_name = {each.name: each for each in found}
    for top in sorted({name.partition("/")[0] for name in contents}):
        for name, text in _licence_files(by_name[top.removesuffix("-mirror")]):
            contents[f"{top}/{name}"] = text.encode()
    _replace_folder(folder, contents)
    return truth


def _copied(file: SourceFile, label: Label) -> str | None:
    if label is EXACT:
        return file.text
    return edits.relevelled_code(file.text) if label is NORMALISED else edits.edited_code(file.text, file.name)


def _licence_files(distribution: Distribution) -> Iterable[tuple[str, str]]:
    if distribution.licence_files:
        return distribution.licence_files.items()
    return [("LICENSE", f"SPDX-License-Identifier: {distribution.licence}\n")] if distribution.licence else []


def _replace_folder(folder: Path, contents: dict[str, bytes]) -> None:
    """Writes the files to a new folder, which then takes the old one's place."""
    new = folder.parent / f".tmp-{os.getpid()}-{folder.name}"
    shutil.rmtree(new, ignore_errors=True)
    for name, content in sorted(contents.items()):
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(new, folder)
