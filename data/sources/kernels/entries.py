"""What is called from outside, with addresses for arrays: the functions of `record_layout` and `json_bodies`."""

from __future__ import annotations

from data.compiled import WIDTH
from data.machine_code import caller, viewer
from data.sources.kernels.json_lines import take_bodies
from data.sources.kernels.usual_records import copy, take_records
from data.sources.record_layout import BASE, CHECK, CUT, DIGESTS, FILLED, HEAD, PLACES, STATES, STRINGS, WHY

view, call = viewer(), caller()


def take(
    read, file, file_size, window, window_at, room, place, ends, ends_number, checks, max_block, max_head, rows,
    max_rows, max_size, states, heads, all_places, body, body_offsets, strings, string_bytes, offsets, is_there,
):  # fmt: skip
    """Reads records with `take_records`, from a place on; returns where the first one begins that is not read.

    The window is filled with what follows in the file until the pass ends for another reason than its end.

    Args:
        read: the address of C's `pread`.
        file, file_size: its descriptor, and where it ends; -1: there is no more than the window.
        window, window_at, room: where bytes are, twice, and for how many there is room; `state` says which they are.
        place: where the first record begins in the file.
        ends, ends_number: where records must end, and how many such places there are.
        checks: whether digests are to be checked.
        max_block, max_head, max_size: as for `take_records`.
        rows, max_rows: rows that there is room for, and those that the table may have.
        string_bytes: room for the strings of each of STRINGS.
    """
    state, head, places = view(states, (STATES,)), view(heads, (HEAD,)), view(all_places, (rows, PLACES))
    at = place - state[BASE]
    if at < 0 or at > state[FILLED]:
        state[BASE], state[FILLED], at = place, 0, 0
    while True:
        end = take_records(
            view(window, (state[FILLED],)), at, view(ends, (ends_number,)), max_block, max_head, max_rows, max_size,
            state, head, places, view(body, (max_size,)), view(body_offsets, (rows + 1,)),
            view(strings, (STRINGS, string_bytes)), view(offsets, (STRINGS, rows + 1)), view(is_there, (STRINGS, rows)),
        )  # fmt: skip
        if state[WHY] != CUT or file < 0:
            return state[BASE] + end
        if checks and state[DIGESTS] > 0:
            state[WHY] = CHECK
            return state[BASE] + end
        left = state[FILLED] - end
        if end > 0:
            all_bytes = view(window, (room,))
            copy(all_bytes, 0, all_bytes, end, state[FILLED])
        state[BASE], state[FILLED], at = state[BASE] + end, left, 0
        more = min(room, file_size - state[BASE]) - left
        found = call(read, (file, window_at + left, more, state[BASE] + left)) if more > 0 else 0
        if found <= 0:
            return state[BASE]
        state[FILLED] += found


def unpack(gunzip, unpacker, packed, size, place, content, room, wanted, most, ends, content_ends, sizes_at, sizes):
    """Unpacks gzip members that follow one another, each to its checksum; returns how many.

    Args:
        gunzip: the address of libdeflate's function.
        unpacker: libdeflate's.
        packed, size: the address of bytes, and how many there are.
        place: where the first member begins in them.
        content, room: the address to write to, and for how many bytes.
        wanted: bytes that are enough.
        most: members that are enough.
        ends, content_ends: where each member ends, and its content; shape (most,).
        sizes_at, sizes: room for two numbers, twice.
    """
    ends, content_ends = view(ends, (most,)), view(content_ends, (most,))
    taken_and_made = view(sizes, (2,))
    number = filled = 0
    while number < most and filled < wanted and place < size:
        target, left = content + filled, room - filled
        told = call(gunzip, (unpacker, packed + place, size - place, target, left, sizes_at, sizes_at + 8))
        if told & 0xFFFFFFFF != 0 or taken_and_made[1] == 0:  # it is an int: the upper half may be anything
            break
        place += taken_and_made[0]
        filled += taken_and_made[1]
        ends[number], content_ends[number] = place, filled
        number += 1
    return number


def bodies(text, size, ends, lines, key, key_size, rest, body, offsets):
    """Takes JSON lines apart with `take_bodies`; returns the bytes of what is left, -1 where that cannot be done.

    Args:
        text, size: lines, and their bytes.
        ends, lines: where each ends, and how many they are.
        key, key_size: the name of what is taken out.
        rest, body: room for as many bytes as there are lines and bytes, and 2 * WIDTH more.
        offsets: room for one number more than there are lines; the first is 0.
    """
    room = size + lines + 2 * WIDTH
    return take_bodies(
        view(text, (size,)), view(ends, (lines,)), view(key, (key_size,)), view(rest, (room,)), view(body, (room,)),
        view(offsets, (lines + 1,)),
    )  # fmt: skip
