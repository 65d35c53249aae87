"""What makes reading quick, as far as it can be seen without a clock."""

from __future__ import annotations

import gc
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.html_page import read_page
from data.pages import kernels, reading
from data.pages.source import parse

PAGE = "<ul class=menu>" + "<li><a href=/a>Menu</a>" * 30 + "</ul>" + "<p>A paragraph with <b>some</b> words.</p>" * 60


@pytest.mark.usefixtures("reader")
def test_nothing_looks_for_cycles_while_a_page_is_read() -> None:
    looked: list[str] = []
    threshold, was_on = gc.get_threshold(), gc.isenabled()
    gc.enable()
    gc.set_threshold(5)
    gc.callbacks.append(note := lambda phase, info: looked.append(phase))
    try:
        looked.clear()
        read_page(PAGE.encode(), "text/html", "resiliparse", None, opt_out=False)
        # Calling and returning make objects too.
        assert len(looked) <= 4
        assert gc.isenabled()
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*threshold)
        if not was_on:
            gc.disable()


def test_kernels_that_make_no_arrays_borrow_those_that_they_are_given() -> None:
    makes = ("np.zeros(", "np.empty(", "np.full(")
    seen = 0
    for module in pkgutil.iter_modules(kernels.__path__):
        for name, function in vars(importlib.import_module(f"{kernels.__name__}.{module.name}")).items():
            if hasattr(function, "py_func") and getattr(function, "_cache", None) and function.py_func.__name__ == name:
                source, options = inspect.getsource(function.py_func), function.targetoptions
                if options.get("inline") != "always":
                    assert options.get("_nrt", True) == any(word in source for word in makes), name
                    seen += 1
    assert seen > 50


def test_blocks_are_the_same_one_by_one_and_many_at_once() -> None:
    html = PAGE + '<pre class="language-python">x = 1\ny = 2</pre>'
    page = reading.load().read(parse(html).encode(), b"", whole=True)
    assert page is not None
    numbers = [*range(0, len(page.blocks), 7), len(page.blocks) - 1]

    def facts(number: int) -> tuple[object, ...]:
        block = page.blocks[number]
        return block.text, block.element, block.kind, block.words, block.link_chars, block.language

    some = [(b.text, b.element, b.kind, b.words, b.link_chars, b.language) for b in page.some(numbers)]
    assert some == [facts(number) for number in numbers]
    assert (some[-1][0], some[-1][5]) == ("x = 1\ny = 2", "python")


def test_a_process_that_finds_compiled_code_reads_with_it_after_a_few_pages_and_loads_no_compiler() -> None:
    reading.load()  # compiles what is not kept
    program = f"""
import platform, sys
from data.html_page import read_page
from data.pages import reading
for number in range(reading.PAGES_BEFORE):
    assert not reading.is_due()
    before = read_page({PAGE.encode()!r}, "text/html", "resiliparse", None, opt_out=False)
assert reading.is_due()
reading.load()
assert before == read_page({PAGE.encode()!r}, "text/html", "resiliparse", None, opt_out=False)
print("numba" in sys.modules, "llvmlite" in sys.modules and platform.machine() == "x86_64")
"""
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("False False", "")
