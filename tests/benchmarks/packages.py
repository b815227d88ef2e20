"""The peers as they would be deployed: folders with code and libraries for the function's runtime.

All are made by the rules of `make package`: the libraries without what nothing reads at run time, and compiled.
For the measurements their CA bundles are then extended by the stub's certificate.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from deploy.package import NOT_PACKAGED, PackageError, make_package
from tests.benchmarks.setting import Peer
from tests.project import PROJECT

PEERS = Path(__file__).with_name("peers")
#: What our package leaves out although its libraries name it.
LEFT_OUT = ("Crypto", "charset_normalizer")
#: Ours, with the tasks not followed.
OFF = "COLLECT=off"
_NAMES = {"sdk": "tests.benchmarks.peers.sdk", "sdk-idempotent": "tests.benchmarks.peers.sdk_idempotent"}


@dataclass(frozen=True)
class Packages:
    """The peers, and the size of each one's zip in bytes."""

    peers: dict[str, Peer]
    zip_bytes: dict[str, int]


def make_packages(folder: Path, interpreter: str, certificate: Path) -> Packages:
    """Makes them below `folder`; the SDK's libraries are kept from one run to the next."""
    libraries = _install(folder, interpreter)
    made = {
        "ours": _copy(make_package(folder / "package").code, folder / "ours"),
        "sdk": _with_peers(libraries, folder / "sdk", interpreter),
        "sdk, pruned": _with_peers(libraries, folder / "sdk-pruned", interpreter, *LEFT_OUT),
    }
    sizes = {name: _zip_bytes(code, folder / f"{code.name}.zip") for name, code in made.items()}
    for code in made.values():
        with (code / "certifi" / "cacert.pem").open("ab") as bundle:
            bundle.write(certificate.read_bytes())
    for code in made.values():
        _copy(code, Path(f"{code}-sources"), "__pycache__")
    made["floor"] = _with_peers(None, folder / "floor", interpreter)
    peers = {
        "ours": Peer("ours", "index", made["ours"]),
        "sdk": Peer("sdk", _NAMES["sdk"], made["sdk"]),
        "sdk, pruned": Peer("sdk, pruned", _NAMES["sdk"], made["sdk, pruned"]),
        "sdk-idempotent": Peer("sdk-idempotent", _NAMES["sdk-idempotent"], made["sdk"]),
        "floor": Peer("floor", "tests.benchmarks.peers.floor", made["floor"]),
        OFF: Peer(OFF, "index", made["ours"], {"COLLECT": "off"}),
    }
    return Packages(peers, sizes)


def _install(folder: Path, interpreter: str) -> Path:
    """The SDKs with everything they ask for, as `pip install -t` gives them to a user."""
    requirements = PEERS / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + interpreter.encode()).hexdigest()[:12]
    libraries = folder / f"libraries-{digest}"
    if not libraries.exists():
        command = [sys.executable, "-m", "pip", f"--python={interpreter}", "install", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--no-compile", f"--target={libraries}.new"]
        command += [f"--requirement={requirements}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PackageError(f"pip could not get the SDKs:\n{done.stderr}")
        Path(f"{libraries}.new").rename(libraries)
    return libraries


def _copy(source: Path, target: Path, *left_out: str) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*left_out))
    return target


def _with_peers(libraries: Path | None, target: Path, interpreter: str, *left_out: str) -> Path:
    """The peers' code, with `libraries` beside it."""
    shutil.rmtree(target, ignore_errors=True)
    if libraries:
        _copy(libraries, target, *NOT_PACKAGED, "bin", *left_out)
    _copy(PEERS, target / PEERS.relative_to(PROJECT), *NOT_PACKAGED)
    command = [
        interpreter,
        "-I",
        "-S",
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode=unchecked-hash",
        str(target),
    ]
    subprocess.run(command, check=True)
    return target


def _zip_bytes(folder: Path, archive: Path) -> int:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            file.write(path, path.relative_to(folder))
    return archive.stat().st_size
