"""Code that a recipe brings along: where it is found, what it is known by, and what its failures say.

    my_signals.py:teaching_value             a file, relative to the recipe's root
    package.module:name, package.module.name  what is installed

A file stands alone: it can import what is installed, not the files beside it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import sys
import sysconfig
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Mapping

from data.errors import PluginError, did_you_mean
from data.fingerprint import digest, file_sha256
from filters.probes.protocol import BadSetting


def find_code(path: str, root: Path, key: str) -> tuple[Any, dict[str, Any], dict[str, str]]:
    """Returns what an import path names, what it is known by, and where its file stands.

    Args:
        path: as above.
        root: the folder that a file's name starts from.
        key: the setting that names it.

    Returns:
        The object; plain values that change when its source does; SHA-256 → path of its file.

    Raises:
        BadSetting: there is no such file, module or name, or importing it failed.
    """
    module_name = _split(path)[0]
    if not module_name:
        raise BadSetting(key, f"expected FILE.py:NAME or package.module:NAME, not {path!r}")
    if module_name.endswith(".py"):
        file = root / module_name
        if not file.is_file():
            raise BadSetting(key, f"no such file: {file}")
        known: dict[str, Any] = {"path": path, "sha256": file_sha256(file)}
        places = {known["sha256"]: str(file)}
    else:
        known, places = {"path": path}, {}
    try:
        value = load_code(known, places)
    except PluginError as failure:
        raise BadSetting(key, str(failure)) from failure
    return value, known if places else {**known, **_sources(value, module_name)}, places


def load_code(known: Mapping[str, Any], places: Mapping[str, str]) -> Any:
    """Returns the object that `find_code` found, in whatever process this is.

    Raises:
        PluginError: importing it failed, or it is not there.
    """
    module_name, name = _split(known["path"])
    try:
        if module_name.endswith(".py"):
            module = _from_file(places[known["sha256"]], known["sha256"])
        else:
            module = importlib.import_module(module_name)
    except Exception as failure:
        hint = f"; for a file beside the recipe write {module_name}.py:{name}" if "." not in module_name else ""
        hint = hint if isinstance(failure, ModuleNotFoundError) else ""
        raise PluginError(f"importing {module_name} failed: {explain(failure)}{hint}") from failure
    value: Any = module
    for step in name.split("."):
        if not hasattr(value, step):
            known_names = [other for other in vars(value) if not other.startswith("_")]
            raise PluginError(f'{module_name} has no "{step}".{did_you_mean(step, known_names)}')
        value = getattr(value, step)
    return value


def explain(failure: BaseException) -> str:
    """Returns an exception in one line: where it was raised, its type, what it says."""
    frames = traceback.extract_tb(failure.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: " if frames else ""
    if isinstance(failure, SyntaxError) and failure.filename:
        place = f"{Path(failure.filename).name}:{failure.lineno}: "
    return f"{place}{type(failure).__name__}: {failure}"


def _split(path: str) -> tuple[str, str]:
    """Returns the module or file, and the name in it; two empty texts where that is not what the path says."""
    module_name, _, name = path.rpartition(":") if ":" in path else path.rpartition(".")
    return (module_name, name) if module_name and name and not path.endswith(".py") else ("", "")


@functools.cache
def _from_file(path: str, sha256: str) -> ModuleType:
    """Returns a file as a module of its own name, executed once in this process."""
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise PluginError(f"{path}: is no longer the file that it was when the recipe was checked")
    name = f"phimill_own_{sha256[:16]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _sources(value: Any, module_name: str) -> dict[str, Any]:
    """Returns what installed code is known by: its distribution's version, and the digest of its source.

    Outside of site-packages, where code is being worked on, the whole package counts.
    """
    module = sys.modules.get(getattr(value, "__module__", ""), sys.modules[module_name])
    top = module.__name__.split(".")[0]
    try:
        version = importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        version = ""
    origin = getattr(module, "__file__", None)
    if origin is None:
        return {"version": version}
    files = [Path(origin)]
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    package = getattr(sys.modules[top], "__file__", None)
    if package and Path(package).name == "__init__.py" and not any(Path(origin).is_relative_to(x) for x in installed):
        files = sorted(Path(package).parent.rglob("*.py"))
    base = files[0].parent if len(files) == 1 else Path(package or origin).parent
    return {
        "version": version,
        "sources": digest({str(file.relative_to(base)): file_sha256(file) for file in files}),
    }
