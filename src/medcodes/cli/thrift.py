"""Thrift's compact protocol, as far as the footers of Parquet files need it.

Structures are read as dicts from the number of a field to its value, without a schema, so that
fields of later editions of the format survive.
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

__all__ = [
    "BINARY",
    "I32",
    "I64",
    "LIST",
    "STRUCT",
    "Field",
    "Struct",
    "dumps",
    "items",
    "listed",
    "loads",
]

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(1, 14)


class Field(NamedTuple):
    """A value with its type in the protocol."""

    type: int
    value: Any


Struct = dict[int, Field]
"""The fields of a structure, by number."""


class Items(NamedTuple):
    """A list: the type of its elements, and these."""

    type: int
    values: list[Any]


def listed(type_: int, values: list[Any]) -> Field:
    """A field that is a list."""
    return Field(LIST, Items(type_, values))


def items(field: Field) -> list[Any]:
    """The elements of a field that is a list; changing them changes it."""
    found: list[Any] = field.value.values
    return found


def loads(data: bytes) -> Struct:
    """The structure that some bytes hold.

    Raises:
        ValueError: they hold none.
    """
    reader = _Reader(data)
    try:
        return reader.struct()
    except (IndexError, KeyError, struct.error, RecursionError):
        raise ValueError("damaged") from None


def dumps(structure: Struct) -> bytes:
    """The bytes of a structure."""
    out = bytearray()
    _write_struct(out, structure)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def varint(self) -> int:
        data, at = self.data, self.at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.at = at
                return value
            shift += 7

    def integer(self) -> int:
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def raw(self, count: int) -> bytes:
        found = self.data[self.at : self.at + count]
        if len(found) < count:
            raise IndexError
        self.at += count
        return found

    def byte(self) -> int:
        return self.raw(1)[0]

    def struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self.byte():
            delta, type_ = head >> 4, head & 15
            number = number + delta if delta else self.integer()
            # In a structure the type of a truth is the truth itself.
            value = type_ == TRUE if type_ in (TRUE, FALSE) else self.value(type_)
            fields[number] = Field(type_, value)
        return fields

    def value(self, type_: int) -> Any:
        if type_ in (I16, I32, I64):
            return self.integer()
        if type_ == BINARY:
            return self.raw(self.varint())
        if type_ == STRUCT:
            return self.struct()
        if type_ in (LIST, SET):
            return self.elements()
        if type_ == MAP:
            return self.pairs()
        return self.raw({TRUE: 1, FALSE: 1, BYTE: 1, DOUBLE: 8, UUID: 16}[type_])

    def elements(self) -> Items:
        head = self.byte()
        count = head >> 4
        if count == 15:
            count = self.varint()
        return Items(head & 15, [self.value(head & 15) for _ in range(count)])

    def pairs(self) -> tuple[int, list[tuple[Any, Any]]]:
        count = self.varint()
        if not count:
            return 0, []
        types = self.byte()
        return types, [(self.value(types >> 4), self.value(types & 15)) for _ in range(count)]


def _write_varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_integer(out: bytearray, value: int) -> None:
    _write_varint(out, value << 1 if value >= 0 else (-value << 1) - 1)


def _write_struct(out: bytearray, structure: Struct) -> None:
    last = 0
    for number, (type_, value) in sorted(structure.items()):
        if 0 < number - last < 16:
            out.append((number - last) << 4 | type_)
        else:
            out.append(type_)
            _write_integer(out, number)
        last = number
        if type_ not in (TRUE, FALSE):
            _write_value(out, type_, value)
    out.append(0)


def _write_value(out: bytearray, type_: int, value: Any) -> None:
    if type_ in (I16, I32, I64):
        _write_integer(out, value)
    elif type_ == BINARY:
        _write_varint(out, len(value))
        out += value
    elif type_ == STRUCT:
        _write_struct(out, value)
    elif type_ in (LIST, SET):
        _write_list(out, value)
    elif type_ == MAP:
        types, pairs = value
        _write_varint(out, len(pairs))
        if pairs:
            out.append(types)
        for key, one in pairs:
            _write_value(out, types >> 4, key)
            _write_value(out, types & 15, one)
    else:
        out += value


def _write_list(out: bytearray, values: Items) -> None:
    count = len(values.values)
    out.append(min(count, 15) << 4 | values.type)
    if count >= 15:
        _write_varint(out, count)
    for one in values.values:
        _write_value(out, values.type, one)
