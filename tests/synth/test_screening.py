from __future__ import annotations

import ast

import pytest

from synth.screening import find_unsafe


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import os\nos.system('x')", "os"),
        ("import os as o\no.system('x')", "os"),
        ("import os.path\nos.remove('x')", "os"),
        ("from os import system", "os.system"),
        ("from os import path, remove", "os.remove"),
        ("import os, socket\ntry: pass\nexcept OSError: pass", "socket"),
        ("import sys\nsys._getframe()", "sys"),
        ("import sys\nsys.modules['os']", "sys"),
        ("import sys\nx = sys", "sys"),
        ("import sys\ngetattr(sys, 'modules')", "sys"),
        ("import subprocess", "subprocess"),
        ("from subprocess import run", "subprocess.run"),
        ("def f():\n    import ctypes", "ctypes"),
        ("import urllib.request", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("import multiprocessing.pool", "multiprocessing.pool"),
        ("open('x')", "open"),
        ("f = open", "open"),
        ("eval('1')", "eval"),
        ("__import__('os')", "__import__"),
        ("__builtins__['open']", "__builtins__"),
        ("print.__self__.__import__('os')", "__import__"),
        ("().__class__.__base__.__subclasses__()", "__subclasses__"),
        ("f.__globals__", "__globals__"),
        ("e.__traceback__.tb_frame.f_back", "f_back"),
    ],
)
def test_reaching_for_the_machine_is_named(program: str, found: str) -> None:
    assert find_unsafe(ast.parse(program)) == found


@pytest.mark.parametrize(
    "program",
    [
        "",
        "import math, re, json, random, datetime, functools, collections, itertools, asyncio, threading",
        "import os\nos.path.join('a', 'b')\nos.sep",
        "import os.path\nos.path.join('a')",
        "from os import path",
        "from os.path import join",
        "import sys\nsys.maxsize\nsys.setrecursionlimit(10)\nprint(1, file=sys.stderr)",
        "from sys import maxsize",
        "import urllib.parse",
        "from urllib.parse import quote",
        "from http import HTTPStatus",
        "import re\nre.compile('a')",
        "def compile(x):\n    return x\ncompile(1)",
        "def f(open, close):\n    return open + close",
        "class A:\n    def open(self): return self.eval()",
        "system = 1\nsocket = 2",
        "from concurrent.futures import ThreadPoolExecutor",
    ],
)
def test_what_exercises_use_is_left_alone(program: str) -> None:
    assert find_unsafe(ast.parse(program)) == ""
