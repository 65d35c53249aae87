"""Machine code that needs no linker when it is loaded: an object file's sections, laid out and bound to one another.

Loading it is a copy. LLVM, which would do both with the object file, takes 40 milliseconds to be loaded itself.
Source: System V Application Binary Interface, chapter 4 (object files), and its AMD64 supplement (relocation).
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from typing import NamedTuple

ELF = b"\x7fELF"
_X86_64 = 62
_PROGRAM, _SYMBOLS, _RELOCATIONS, _ZEROS = 1, 2, 4, 8  # types of sections
_TAKES_MEMORY = 2
_ABSOLUTE, _RELATIVE = 1, (2, 4)  # R_X86_64_64; R_X86_64_PC32 and, of calls, R_X86_64_PLT32
_SECTION, _SYMBOL, _RELOCATION = struct.Struct("<IIQQQQIIQQ"), struct.Struct("<IBBHQQ"), struct.Struct("<QQq")
#: Before an image: where its entry begins, and how many addresses it holds; then, where these stand.
_HEAD, _ADDRESS = struct.Struct("<QQ"), struct.Struct("<Q")
_images: list[mmap.mmap] = []  # they own the code


class _Section(NamedTuple):
    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


def linked(code: bytes, entry: str) -> bytes | None:
    """Returns an object file's image; before it stands where its entry is, and what depends on where it is put.

    Null if it is for other processors than those of x86-64, or calls what is not in it.
    """
    if not code.startswith(ELF) or struct.unpack_from("<H", code, 18)[0] != _X86_64:
        return None
    (table,), number = struct.unpack_from("<Q", code, 40), struct.unpack_from("<H", code, 60)[0]
    sections = [_Section(*_SECTION.unpack_from(code, table + _SECTION.size * place)) for place in range(number)]
    image, begins = bytearray(), {}
    for place, section in enumerate(sections):
        if section.flags & _TAKES_MEMORY and section.type in (_PROGRAM, _ZEROS):
            image += bytes(-len(image) % max(1, section.alignment))
            begins[place] = len(image)
            image += bytes(section.size) if section.type == _ZEROS else _content(code, section)
    (symbols,) = (section for section in sections if section.type == _SYMBOLS)
    names, places = _content(code, sections[symbols.link]), []
    start, addresses = None, []
    for name, _, _, home, value, _ in _SYMBOL.iter_unpack(_content(code, symbols)):
        places.append(begins[home] + value if home in begins else None)
        if names.startswith(b"%b\0" % entry.encode(), name):
            start = places[-1]
    for section in sections:
        if section.type == _RELOCATIONS and section.info in begins:
            for offset, what, more in _RELOCATION.iter_unpack(_content(code, section)):
                target, at, kind = places[what >> 32], begins[section.info] + offset, what & 0xFFFFFFFF
                if target is None or kind not in (_ABSOLUTE, *_RELATIVE):
                    return None
                if kind == _ABSOLUTE:
                    addresses.append(at)
                    _ADDRESS.pack_into(image, at, target + more)
                else:
                    struct.pack_into("<i", image, at, target + more - at)
    if start is None:
        return None
    return _HEAD.pack(start, len(addresses)) + b"".join(map(_ADDRESS.pack, addresses)) + image


def _content(code: bytes, section: _Section) -> bytes:
    return code[section.offset : section.offset + section.size]


def place(image: bytes) -> int:
    """Puts an image where it can be called; returns the address of its entry.

    Raises:
        OSError: the system does not let programs do so.
    """
    start, number = _HEAD.unpack_from(image)
    begin = _HEAD.size + _ADDRESS.size * number
    memory = mmap.mmap(-1, len(image) - begin, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(image[begin:])
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for (at,) in _ADDRESS.iter_unpack(image[_HEAD.size : begin]):
        _ADDRESS.pack_into(memory, at, _ADDRESS.unpack_from(memory, at)[0] + address)
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    if protect(address, len(memory), mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "mprotect")
    _images.append(memory)
    return address + int(start)
