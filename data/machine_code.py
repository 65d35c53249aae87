"""Compiled functions whose machine code is loaded without numba: in a millisecond, where numba takes a second.

Such an entry takes and returns whole numbers, addresses of arrays and of C functions among them, and takes bytes; what
it calls beside those are kernels as `data.compiled` has them. numba compiles it once. What is kept is the code, in the
folder of its package of kernels, under its own digest: a damaged one would crash.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import functools
import hashlib
import re
from pathlib import Path
from typing import Any, Callable

from data.atomic import atomic_path
from data.compiled import kernel_folder
from data.machine_image import ELF, linked, place

#: How the function is called in an object file.
_NAME = "entry"
_DIGEST_BYTES = 32
_FIRST = ctypes.c_char
#: What numba's callbacks call to tell of an exception, and arrays that own their memory; and the exceptions. Entries
#: raise none and have none: where one of these would be called, the process ends.
_NEVER_CALLED = ("Py", "numba_", "NRT_")
_TRAP = "define void @{}() {{\n call void @llvm.trap()\n unreachable\n}}\n"
_NOTHING = "@{} = global i8* null\n"
_PROCESSOR = re.compile(rb"^(?:vendor_id|cpu family|model|flags|CPU \w+|Features)\s*:.*$", re.MULTILINE)
_engines: list[Any] = []  # they own the code that LLVM has loaded


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
        """Returns whether an earlier process has kept its machine code for this processor."""
        path = self._path
        return path is not None and path.exists()

    def load(self) -> Callable[..., int]:
        """Returns the function, loaded, or compiled where this machine has not kept it; it runs without the GIL."""
        path = self._path
        code = _kept(path)
        if code is None:
            code = self._compile()
            if path is not None:
                with contextlib.suppress(OSError), atomic_path(path) as temporary:
                    temporary.write_bytes(hashlib.sha256(code).digest() + code)
        address = _loaded(code) if code.startswith(ELF) else place(code)
        arguments = self.signature.partition("(")[2].split(",")
        types = [ctypes.c_void_p if "CPointer" in each else ctypes.c_int64 for each in arguments]
        return ctypes.CFUNCTYPE(ctypes.c_int64, *types)(address)

    @property
    def _path(self) -> Path | None:
        folder, processor = kernel_folder(self.package), _processor()
        return folder / f"{self.name}-{processor}.code" if folder is not None and processor else None

    def _compile(self) -> bytes:
        """Returns an image; where that cannot be made, the object file, which LLVM has to load."""
        import llvmlite.binding as llvm
        from numba import cfunc

        callback = cfunc(self.signature)(self.function())
        code = llvm.parse_assembly(callback.inspect_llvm())
        code.get_function(callback.native_name).name = _NAME
        never = _missing(_TRAP, code.functions) + _missing(_NOTHING, code.global_variables)
        code.link_in(llvm.parse_assembly(never + "declare void @llvm.trap()"))
        for one in (*code.functions, *code.global_variables):
            if not one.is_declaration and one.name != _NAME:
                one.linkage = "internal"
        found: bytes = _machine().emit_object(code)
        return linked(found, _NAME) or found


def _missing(definition: str, names: Any) -> str:
    missing = [one.name for one in names if one.is_declaration and one.name.startswith(_NEVER_CALLED)]
    return "".join(map(definition.format, missing))


def _machine() -> Any:
    """Returns what makes code for this processor that may lie anywhere."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu, features, opt=3, reloc="pic", codemodel="small")


def _loaded(code: bytes) -> int:
    """Returns the address of an object file's entry."""
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(_NAME))


@functools.cache
def _processor() -> str:
    """Returns digits for what code is made for, "" for an unknown one: another may lack some of its instructions."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", "rb") as file:
        told = _PROCESSOR.findall(file.read(2**14).partition(b"\n\n")[0])
        return hashlib.sha256(b"\n".join(told)).hexdigest()[:16] if told else ""
    return ""


def address_of(array: Any) -> int:
    """Returns where the numbers are of an array that can be written to; it must stay as long as that is used."""
    return ctypes.addressof(_FIRST.from_buffer(array)) if array.size else 0  # numpy takes four times as long to tell


def viewer() -> Callable[..., Any]:
    """Returns a function for compiled code: what stands at an address, as an array of a shape."""
    from numba import carray

    view: Callable[..., Any] = carray
    return view


def caller() -> Callable[..., Any]:
    """Returns a function for compiled code: `call(address, arguments)`, of a function of C.

    Arguments come as a tuple of whole numbers and addresses, the result as an int64.
    """
    from numba import types
    from numba.core.cgutils import ir, unpack_tuple
    from numba.extending import intrinsic

    def call(typing: Any, address: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            whole = ir.IntType(64)
            given = unpack_tuple(builder, values[1])
            function = ir.FunctionType(whole, [whole] * len(given))
            return builder.call(builder.inttoptr(values[0], function.as_pointer()), given)

        return types.int64(types.int64, types.containers.UniTuple(types.int64, len(arguments))), generate

    function: Callable[..., Any] = intrinsic(call)
    return function


def _kept(path: Path | None) -> bytes | None:
    """Returns kept machine code; null if there is none that is whole."""
    with contextlib.suppress(OSError):
        content = path.read_bytes() if path else b""
        code = content[_DIGEST_BYTES:]
        if code and hashlib.sha256(code).digest() == content[:_DIGEST_BYTES]:
            return code
    return None
