"""What a source file's path says, where the document has one (`metadata.path`)."""

from __future__ import annotations

import re
from typing import Iterable, Sequence

import numpy as np
import orjson

from filters.buffers import FloatArray

PATH_SIGNALS = {
    "has_excluded_extension": "1 if StarCoder's table of extensions leaves the file's out; null without a path.",
    "has_wanted_text_name": "1 if the name is one that The Stack v2 keeps text files for: requirement…, readme, notes, "
    "todo, description, cmakelists; null without a path.",
    "has_generated_name": "1 if name or folder is one that programs write: lock files, *.min.js, *_pb2.py, vendored "
    "packages; null without a path.",
}

#: bigcode-dataset, preprocessing/visual_inspection.csv: the extensions with Include = 0.
_EXCLUDED = (
    "al aux bison cats cdf cl2 csx dpr f77 frg frx geo grt ltx nbp pck ph pls plx rest rktd rktl sexp sig tab toc vhf "
    "vht vrx w xrl yy"
)
EXCLUDED_EXTENSIONS = frozenset(_EXCLUDED.split())
#: The Stack v2, arXiv 2402.19173, section 3.2: names without extension, in lower case.
WANTED_TEXT_NAMES = frozenset(["readme", "notes", "todo", "description", "cmakelists"])
WANTED_TEXT_PART = "requirement"

#: Names that generators give; the kinds that GitHub's linguist (lib/linguist/generated.rb) and go-enry know.
_GENERATED = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|godeps|__pycache__|\.yarn/(?:releases|plugins|sdks))/"
    r"|(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|composer\.lock|cargo\.lock|poetry\.lock"
    r"|uv\.lock|pdm\.lock|pipfile\.lock|gemfile\.lock|go\.sum|gopkg\.lock|glide\.lock|flake\.lock|deno\.lock|bun\.lock"
    r"|mix\.lock|gradlew|gradlew\.bat|mvnw|mvnw\.cmd|\.terraform\.lock\.hcl|\.pnp\.[a-z]{0,2}js)$"
    r"|[.-]min\.(?:js|css|mjs)$|\.(?:js|css)\.map$"
    r"|_pb2(?:_grpc)?\.pyi?$|\.pb\.(?:go|cc|h|rb|swift|dart)$|\.pb\.gw\.go$|_grpc\.pb\.\w{1,5}$|\.(?:g|freezed|gr)\.dart$"
    r"|(?:^|/)zz_generated[^/]*\.go$|_(?:string|easyjson)\.go$|\.designer\.(?:cs|vb)$|\.g(?:\.i)?\.cs$|\.feature\.cs$"
    r"|(?:^|/)gen/thrift/|(?:^|/)db/schema\.rb$|\.xcworkspacedata$|\.pbxproj$|\.nib$|\.cassette\.ya?ml$",
)


def measure_paths(metadata: Sequence[str | None]) -> dict[str, FloatArray]:
    """Returns the signals of `PATH_SIGNALS`; NaN for documents without a path.

    Args:
        metadata: each document's, as JSON.
    """
    rows = [_of_path(path) if path else _UNKNOWN for path in map(_path, metadata)]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(PATH_SIGNALS))
    return {name: np.ascontiguousarray(table[:, column]) for column, name in enumerate(PATH_SIGNALS)}


_UNKNOWN = (np.nan,) * len(PATH_SIGNALS)


def _path(metadata: str | None) -> str | None:
    """Returns the path that a document's metadata holds."""
    if not metadata or '"path"' not in metadata:
        return None
    path = orjson.loads(metadata).get("path")
    return path if isinstance(path, str) else None


def _of_path(path: str) -> Iterable[float]:
    path = path.lower()
    name = path.rsplit("/", 1)[-1]
    bare, extension = name.split(".")[0], name.rsplit(".", 1)[-1] if "." in name else ""
    return (
        extension in EXCLUDED_EXTENSIONS,
        bare in WANTED_TEXT_NAMES or WANTED_TEXT_PART in bare,
        _GENERATED.search(path) is not None,
    )
