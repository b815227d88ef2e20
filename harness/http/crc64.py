"""CRC-64/ECMA-182, as OSS gives it for objects and FC for code."""

from __future__ import annotations

from collections.abc import Callable

import crcmod

#: reflected, complemented; `crc64(data, crc)` continues from `crc`
crc64: Callable[..., int] = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, xorOut=0xFFFFFFFFFFFFFFFF)

#: the polynomial without its highest term, reflected: the lowest bit is x^63
_POLYNOMIAL = 0xC96C5795D7870F42
_MASK = (1 << 64) - 1


def combine(first: int, second: int, length: int) -> int:
    """The CRC of two texts one after the other, from theirs. length: bytes of the second.

    Appending `length` bytes multiplies the first one's remainder by x^(8 * length); the rest is addition.
    """
    return _times(_power(8 * length), first) ^ second


def _power(exponent: int) -> int:
    """x^exponent modulo the polynomial."""
    result, square = 1 << 63, 1 << 62  # reflected: 1 and x
    while exponent:
        if exponent & 1:
            result = _times(result, square)
        square, exponent = _times(square, square), exponent >> 1
    return result


def _times(left: int, right: int) -> int:
    """The product modulo the polynomial."""
    product = 0
    while left:
        if left >> 63:
            product ^= right
        left = (left << 1) & _MASK
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
    return product
