"""Compiled functions whose machine code is loaded without numba: in 50 milliseconds, where numba takes a second.

Such an entry takes and returns whole numbers, addresses of arrays among them; what it calls are kernels as
`data.compiled` has them. numba compiles it once. What is kept is the object file, in the folder of its package of
kernels, under its own digest: LLVM would crash on a damaged one.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import hashlib
from pathlib import Path
from typing import Any, Callable, Mapping

from data.atomic import atomic_path
from data.compiled import kernel_folder

#: How the function is called in an object file.
_NAME = "entry"
_DIGEST_BYTES = 32
#: What numba's callbacks call to tell of an exception, and arrays that own their memory. Entries raise none and have
#: none: where one of these would be called, the process ends.
_NEVER_CALLED = ("Py", "numba_", "NRT_")
_TRAP = "define void @{}() {{\n call void @llvm.trap()\n unreachable\n}}\n"
_engines: list[Any] = []  # they own the code


@dataclasses.dataclass(frozen=True)
class Entry:
    """A function of a package of kernels.

    Attributes:
        package: its name.
        name: the function's.
        signature: as numba writes it.
        function: returns it; importing it loads numba.
    """

    package: str
    name: str
    signature: str
    function: Callable[[], Callable[..., int]]

    def is_kept(self) -> bool:
        """Returns whether an earlier process has kept its machine code."""
        folder = self._folder
        return folder is not None and next(folder.glob(f"{self.name}-*.o"), None) is not None

    def load(self, symbols: Mapping[str, int] | None = None) -> Callable[..., int]:
        """Returns the function, loaded, or compiled where this machine has not kept it; it runs without the GIL.

        Args:
            symbols: addresses of the C functions that it calls, by name.
        """
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        for name, address in (symbols or {}).items():
            llvm.add_symbol(name, address)
        cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        machine = llvm.Target.from_default_triple().create_target_machine(cpu, features, opt=3)
        place = hashlib.sha256(f"{cpu} {features}".encode()).hexdigest()[:16]
        path = None if self._folder is None else self._folder / f"{self.name}-{place}.o"
        code = _kept(path)
        if code is None:
            code = self._compile(llvm, machine)
            if path is not None:
                with contextlib.suppress(OSError), atomic_path(path) as temporary:
                    temporary.write_bytes(hashlib.sha256(code).digest() + code)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        _engines.append(engine)
        numbers = [ctypes.c_int64] * (self.signature.count(",") + 1)
        return ctypes.CFUNCTYPE(ctypes.c_int64, *numbers)(engine.get_function_address(_NAME))

    @property
    def _folder(self) -> Path | None:
        return kernel_folder(self.package)

    def _compile(self, llvm: Any, machine: Any) -> bytes:
        from numba import cfunc

        callback = cfunc(self.signature)(self.function())
        code = llvm.parse_assembly(callback.inspect_llvm())
        code.get_function(callback.native_name).name = _NAME
        never = [one.name for one in code.functions if one.is_declaration and one.name.startswith(_NEVER_CALLED)]
        code.link_in(llvm.parse_assembly("".join(map(_TRAP.format, never)) + "declare void @llvm.trap()"))
        found: bytes = machine.emit_object(code)
        return found


def viewer() -> Callable[..., Any]:
    """Returns a function for compiled code: what stands at an address, as an array of a shape."""
    from numba import carray

    view: Callable[..., Any] = carray
    return view


def c_function(name: str, signature: str) -> Callable[..., Any]:
    """Returns a function of C for compiled code, which gets its address when it is loaded."""
    from numba import types
    from numba.core.sigutils import normalize_signature

    arguments, result = normalize_signature(signature)
    function: Callable[..., Any] = types.ExternalFunction(name, result(*arguments))
    return function


def _kept(path: Path | None) -> bytes | None:
    """Returns kept machine code; null if there is none that is whole."""
    with contextlib.suppress(OSError):
        content = path.read_bytes() if path else b""
        code = content[_DIGEST_BYTES:]
        if code and hashlib.sha256(code).digest() == content[:_DIGEST_BYTES]:
            return code
    return None
