"""CRC-64/ECMA-182, as OSS gives it for objects and FC for code."""

from __future__ import annotations

from collections.abc import Callable

import crcmod

#: reflected, complemented; `crc64(data, crc)` continues from `crc`
crc64: Callable[..., int] = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, xorOut=0xFFFFFFFFFFFFFFFF)
