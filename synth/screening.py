"""Names code that asks for the machine instead of solving an exercise.

This is no boundary, the sandbox is: it saves a launch, names the fault, and keeps code
that reaches for files, processes or the interpreter's insides out of the training data.
"""

from __future__ import annotations

import ast

# fmt: off
_MODULES = frozenset({
    "_ctypes", "_io", "_posixsubprocess", "_socket", "_thread", "atexit", "builtins", "code", "codeop",
    "ctypes", "dbm", "ensurepip", "faulthandler", "fcntl", "ftplib", "gc", "getpass",
    "glob", "grp", "http.client", "http.server",
    "imaplib", "importlib", "mmap", "multiprocessing", "nntplib", "os", "pdb", "pip", "pkgutil", "poplib",
    "posix", "pty", "pwd", "resource", "runpy", "select", "selectors", "shelve", "shutil", "signal", "site",
    "smtplib", "socket", "socketserver", "ssl", "subprocess", "sys", "sysconfig", "syslog", "telnetlib",
    "tempfile", "termios", "tty", "urllib.request", "venv", "webbrowser", "xmlrpc", "zipimport",
})

#: What of two of them every exercise may use.
_HARMLESS = {
    "os": frozenset({
        "PathLike", "altsep", "curdir", "extsep", "fspath", "linesep", "name", "pardir", "path", "pathsep", "sep",
    }),
    "sys": frozenset({
        "argv", "byteorder", "exc_info", "exit", "float_info", "getrecursionlimit", "getrefcount", "getsizeof",
        "hash_info", "int_info", "intern", "maxsize", "maxunicode", "platform", "set_int_max_str_digits",
        "setrecursionlimit", "stderr", "stdin", "stdout", "version", "version_info",
    }),
}

_BUILTINS = frozenset({
    "__builtins__", "__import__", "__loader__", "__spec__", "breakpoint", "compile", "eval", "exec", "open",
})

#: Ways from an object to the interpreter's insides.
_ATTRIBUTES = frozenset({
    "__builtins__", "__closure__", "__code__", "__globals__", "__import__", "__loader__", "__subclasses__",
    "cr_frame", "f_back", "f_builtins", "f_globals", "f_locals", "gi_frame", "tb_frame",
})

# fmt: on


def find_unsafe(tree: ast.Module) -> str:
    """Returns the first thing in a program that an exercise has no business with; "" if there is none."""
    nodes = list(ast.walk(tree))
    own = _own_names(nodes)
    modules = _module_names(nodes)
    excused = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and _is_harmless(node, modules)}
    for node in nodes:
        found = _imported(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in modules and id(node) not in excused:
                found = modules[node.id]
            elif node.id in _BUILTINS and node.id not in own:
                found = node.id
        elif isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
            found = node.attr
        if found:
            return found
    return ""


def _own_names(nodes: list[ast.AST]) -> set[str]:
    """Returns the names that the program gives a meaning of its own."""
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return own | {node.arg for node in nodes if isinstance(node, ast.arg)}


def _module_names(nodes: list[ast.AST]) -> dict[str, str]:
    """Returns the names under which `os` and `sys` are known, with the module's own name."""
    names: dict[str, str] = {}
    for node in nodes:
        for alias in node.names if isinstance(node, ast.Import) else ():
            if alias.name in _HARMLESS:
                names[alias.asname or alias.name] = alias.name
            elif alias.name.startswith("os.") and alias.asname is None:
                names["os"] = "os"
    return names


def _is_harmless(node: ast.Attribute, modules: dict[str, str]) -> bool:
    return (
        isinstance(node.value, ast.Name) and node.value.id in modules and node.attr in _HARMLESS[modules[node.value.id]]
    )


def _imported(node: ast.AST) -> str:
    """Returns the module that an import statement should not have named; "" otherwise."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name not in _HARMLESS and alias.name != "os.path" and _is_denied(alias.name):
                return alias.name
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0 and node.module != "os.path":
        harmless = _HARMLESS.get(node.module, frozenset())
        for alias in node.names:
            if alias.name not in harmless and (_is_denied(node.module) or _is_denied(f"{node.module}.{alias.name}")):
                return f"{node.module}.{alias.name}"
    return ""


def _is_denied(module: str) -> bool:
    return module in _MODULES or module.split(".")[0] in _MODULES or module.startswith("urllib.request.")
