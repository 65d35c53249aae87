"""Thrift's compact protocol, as far as Parquet's footers and page headers need it."""

from __future__ import annotations

from typing import Any

#: Deeper structures than any of Parquet's.
MAX_DEPTH = 16


class Reader:
    """Reads structures as {field number: value}; what is no such structure raises ValueError or IndexError.

    Attributes:
        place: where the next byte stands.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self.place, self._depth = content, 0, 0

    def struct(self) -> dict[int, Any]:
        """Returns the structure that begins here."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("damaged (too deep)")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._integer()
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind)
        self._depth -= 1
        return fields

    def _byte(self) -> int:
        value = self._content[self.place]
        self.place += 1
        return value

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 70:
                raise ValueError("damaged (a number without an end)")

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)

    def _bytes(self, length: int) -> bytes:
        if length > len(self._content) - self.place:
            raise IndexError(length)
        self.place += length
        return self._content[self.place - length : self.place]

    def _value(self, kind: int) -> Any:
        if kind in (1, 2, 3):  # in lists, a boolean takes a byte
            return self._byte()
        if kind in (4, 5, 6):
            return self._integer()
        if kind == 7:
            return self._bytes(8)
        if kind == 8:
            return self._bytes(self._unsigned())
        if kind in (9, 10):
            head = self._byte()
            count = self._unsigned() if head >> 4 == 15 else head >> 4
            if count > len(self._content) - self.place:
                raise IndexError(count)
            return [self.struct() if head & 15 == 12 else self._value(head & 15) for _ in range(count)]
        if kind == 12:
            return self.struct()
        raise ValueError(f"damaged (type {kind})")
