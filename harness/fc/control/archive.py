"""The code of functions: zips as they were uploaded, and unpacked where instances run them."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from harness.fc.errors import FcError
from harness.http.crc64 import crc64

#: Bytes, unpacked: FC's limit for code packages.
MAX_UNPACKED = 500 * 1024 * 1024


@dataclass(frozen=True)
class Code:
    """`checksum`: the zip's CRC-64/ECMA-182 in decimal, FC's codeChecksum; "" without a zip."""

    folder: Path
    checksum: str = ""
    size: int = 0


class CodeArchive:
    """Below `directory`: <checksum>.zip and <checksum>/. The same zip is kept once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, data: bytes) -> Code:
        """Raises FcError (400) for what is not a zip that FC would take."""
        checksum = str(crc64(data))
        folder = self._directory / checksum
        if not folder.is_dir():
            self._directory.mkdir(parents=True, exist_ok=True)
            building = self._directory / f".{secrets.token_hex(8)}"
            try:
                _unpack(data, building)
                self._zip(checksum).write_bytes(data)
                building.rename(folder)
            except OSError:
                if not folder.is_dir():  # else another request has unpacked the same zip meanwhile
                    raise
            finally:
                shutil.rmtree(building, ignore_errors=True)
        return Code(folder, checksum, len(data))

    def get(self, checksum: str) -> Code:
        """Of a zip that was added."""
        return Code(self._directory / checksum, checksum, self._zip(checksum).stat().st_size)

    def read(self, checksum: str) -> bytes:
        return self._zip(checksum).read_bytes()

    def keep_only(self, checksums: Collection[str]) -> None:
        """Removes all other code; only while no instance runs it."""
        if not self._directory.is_dir():
            return
        for path in self._directory.iterdir():
            if path.name.removesuffix(".zip") not in checksums:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _zip(self, checksum: str) -> Path:
        return self._directory / f"{checksum}.zip"


def _unpack(data: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise _invalid(f"the code is larger than {MAX_UNPACKED // (1024 * 1024)} MiB when unpacked")
            for entry in entries:
                path = Path(archive.extract(entry, folder))
                mode = (entry.external_attr >> 16) & 0o777
                if mode and path.is_file():
                    os.chmod(path, mode | 0o600)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as exc:
        raise _invalid(f"the code is not a valid zip file: {exc}") from exc
    folder.mkdir(exist_ok=True)  # an empty zip


def _invalid(message: str) -> FcError:
    return FcError(400, "InvalidArgument", message)
