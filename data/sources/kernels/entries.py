"""What is called from outside: the functions of `data.sources.record_layout`, with addresses for arrays."""

from __future__ import annotations

from data.machine_code import c_function, viewer
from data.sources.kernels.usual_records import take_records
from data.sources.record_layout import GUNZIP, GUNZIP_SIGNATURE, HEAD, PLACES, STATES, STRINGS

view = viewer()
gunzip = c_function(GUNZIP, GUNZIP_SIGNATURE)


def take(
    window, size, place, ends, ends_number, max_block, max_head, rows, max_rows, max_size,
    state, head, places, body, body_offsets, strings, string_bytes, offsets, is_there,
):  # fmt: skip
    """Calls `take_records`; there is room for `rows`, and for `string_bytes` of each of STRINGS."""
    return take_records(
        view(window, (size,)), place, view(ends, (ends_number,)), max_block, max_head, max_rows, max_size,
        view(state, (STATES,)), view(head, (HEAD,)), view(places, (rows, PLACES)), view(body, (max_size,)),
        view(body_offsets, (rows + 1,)), view(strings, (STRINGS, string_bytes)), view(offsets, (STRINGS, rows + 1)),
        view(is_there, (STRINGS, rows)),
    )  # fmt: skip


def unpack(unpacker, packed, size, place, content, room, wanted, most, ends, content_ends, taken, made):
    """Unpacks gzip members that follow one another, each to its checksum; returns how many.

    Args:
        unpacker: libdeflate's.
        packed, size: the address of bytes, and how many there are.
        place: where the first member begins in them.
        content, room: the address to write to, and for how many bytes.
        wanted: bytes that are enough.
        most: members that are enough.
        ends, content_ends: where each member ends, and its content; shape (most,).
        taken, made: room for a number each.
    """
    ends, content_ends = view(ends, (most,)), view(content_ends, (most,))
    sizes_taken, sizes_made = view(taken, (1,)), view(made, (1,))
    number = filled = 0
    while number < most and filled < wanted and place < size:
        if gunzip(unpacker, packed + place, size - place, content + filled, room - filled, taken, made) != 0:
            break
        if sizes_made[0] == 0:
            break
        place += sizes_taken[0]
        filled += sizes_made[0]
        ends[number], content_ends[number] = place, filled
        number += 1
    return number
