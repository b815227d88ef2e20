"""`make package`: what `s deploy` uploads, as dist/code and dist/gif-on-upload.zip.

index.py, handler/ and the pinned wheels of requirements.txt, for the runtime in s.yaml and its platform. Any
machine will do: pip takes wheels as they are, so neither Docker nor a compiler is needed. The same sources and
pins give the same bytes (and the same zlib and Python: other versions compress and compile differently). Where
this machine has the runtime's Python, the sources are compiled with it, because /code is read-only on Function
Compute and every cold start would compile them again; and the folder is tried with it, and with nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.fc.instances.interpreters import find_interpreter

PROJECT = Path(__file__).parents[1]
#: Function Compute's machines; manylinux2014 is older than any of its systems.
PLATFORM = "manylinux2014_x86_64"
#: Of what pip unpacks, what nothing reads at run time: its notes, the libraries' tests, type stubs and markers.
NOT_PACKAGED = ("*.dist-info", "tests", "__pycache__", "*.pyc", "*.pyi", "py.typed")
#: Every entry's time: the earliest that a zip archive can hold, 1980-01-01.
EPOCH = 315_532_800


class PackageError(Exception):
    """The package can't be made; the message says why and what to do."""


class DependenciesUnavailable(PackageError):
    """pip could not get the wheels."""


@dataclass(frozen=True)
class Package:
    """What was made. runtime: as in s.yaml, `python3.12`. handler, initializer: `module.function`."""

    code: Path
    archive: Path
    runtime: str
    handler: str
    initializer: str | None

    @property
    def python_version(self) -> str:
        return self.runtime.removeprefix("python")


def make_package(output: Path, project: Path = PROJECT) -> Package:
    """Makes `output`/code and the archive that s.yaml names; what was there stays until the new one is whole."""
    package = _plan(output, project)
    interpreter = find_interpreter(package.python_version)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".making-") as scratch:
        fresh = Path(scratch, "code")
        _install(project / "requirements.txt", fresh, package.python_version)
        _strip(fresh)
        _copy_sources(project, fresh)
        if interpreter:
            _compile(fresh, interpreter)
        _level(fresh)
        archive = Path(scratch, "archive")
        _write_archive(fresh, archive)
        if package.code.exists():
            package.code.rename(Path(scratch, "old"))
        fresh.rename(package.code)
        archive.replace(package.archive)
    return package


def _plan(output: Path, project: Path) -> Package:
    """From s.yaml as it is written: what the user fills in is not packaged, and need not be there yet."""
    try:
        resources = yaml.safe_load((project / "s.yaml").read_text(encoding="utf-8"))["resources"].values()
        props, *others = [resource["props"] for resource in resources if resource["component"] == "fc3"]
        runtime, handler, archive = props["runtime"], props["handler"], Path(props["code"])
        initializer = props.get("instanceLifecycleConfig", {}).get("initializer", {}).get("handler")
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as exc:
        raise PackageError(f"s.yaml: no function to package for: {type(exc).__name__}: {exc}") from exc
    if any((other.get("runtime"), other.get("code")) != (runtime, props["code"]) for other in others):
        raise PackageError("s.yaml: there is one package for all functions: give them one runtime and one code")
    if not runtime.startswith("python3."):
        raise PackageError(f"s.yaml: runtime {runtime}: only the python runtimes can be packaged for")
    return Package(output / "code", output / archive.name, runtime, handler, initializer)


def _install(requirements: Path, target: Path, python_version: str) -> None:
    """requirements.txt names everything, so pip adds nothing of its own (--no-deps)."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--implementation=cp"]
    command += [f"--platform={PLATFORM}", f"--python-version={python_version}"]
    command += [f"--target={target}", f"--requirement={requirements}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        reason = reasons[-1].removeprefix("ERROR: ") if reasons else done.stderr.strip()[-300:]
        raise DependenciesUnavailable(
            f"pip could not get {requirements.name} for Python {python_version} on {PLATFORM}: {reason}\n"
            "Is this machine online?"
        )


def _strip(folder: Path) -> None:
    shutil.rmtree(folder / "bin", ignore_errors=True)  # the libraries' commands
    # The deepest first, so that nothing is looked for in a folder that is gone.
    for path in sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True):
        if any(path.match(pattern) for pattern in NOT_PACKAGED):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _copy_sources(project: Path, target: Path) -> None:
    for source in [project / "index.py", *(project / "handler").rglob("*.py")]:
        copy = target / source.relative_to(project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def _compile(folder: Path, interpreter: str) -> None:
    """Bytecode that is never compared with its source (PEP 552): it takes two thirds off an instance's start."""
    command = [interpreter, "-I", "-S", "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash"]
    subprocess.run([*command, f"-s{folder}", "-p/code", str(folder)], check=True)


def _level(folder: Path) -> None:
    """One time and one mode for all, so that nothing of this machine gets into the package."""
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (EPOCH, EPOCH))


def _write_archive(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as file:
        for name, path in sorted(_files(folder)):
            entry = zipfile.ZipInfo(name)  # its time is 1980-01-01
            entry.create_system = 3  # Unix, on any machine
            entry.external_attr = 0o100644 << 16
            file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


#: Runs in an interpreter that has nothing but the folder and its own standard library.
_TRIAL = """
import importlib, pathlib, sys, types
code, handler, initializer, *events = sys.argv[1:]
sys.path.insert(0, code)
def entry(name):
    module, function = name.rsplit(".", 1)
    return getattr(importlib.import_module(module), function)
function = types.SimpleNamespace(name="gif-on-upload", memory=256, timeout=120)
context = types.SimpleNamespace(request_id="trial", region="cn-beijing", account_id="0", function=function)
if initializer:
    entry(initializer)(context)
for event in events:
    for result in entry(handler)(pathlib.Path(event).read_bytes(), context)["results"]:
        assert result["outcome"] == "skipped", (event, result)
"""
#: The handler's required settings and, so that it finds some, credentials; no sample event makes it use either.
_TRIAL_SETTINGS = {
    "APPLICATION_ID": "trial",
    "TRACKING_BUCKET": "my-gif-records",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "trial",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "trial",
}


def try_package(package: Package, interpreter: str, events: list[Path]) -> None:
    """Imports the package, initializes it and has it skip each of `events`; raises PackageError."""
    command = [interpreter, "-I", "-S", "-B", "-c", _TRIAL, str(package.code), package.handler]
    command += [package.initializer or "", *map(str, events)]
    done = subprocess.run(
        command, env=_TRIAL_SETTINGS, capture_output=True, text=True, check=False, timeout=120, cwd=package.code
    )
    if done.returncode:
        raise PackageError(f"the package does not run in {interpreter}:\n{done.stderr.strip()}")


def describe(package: Package, largest: int = 5) -> str:
    """Its size, and the parts that make most of it, as they are in the archive."""
    packed: Counter[str] = Counter()
    with zipfile.ZipFile(package.archive) as archive:
        entries = archive.infolist()
    for entry in entries:
        packed[entry.filename.partition("/")[0]] += entry.compress_size
    unpacked = sum(entry.file_size for entry in entries)
    size = package.archive.stat().st_size
    lines = [f"{package.archive.name}: {_mib(size)} ({_mib(unpacked)} unpacked) for {package.runtime}"]
    lines += [f"  {_mib(part):>10}  {name}" for name, part in packed.most_common(largest)]
    return "\n".join(lines)


def _mib(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"


def main() -> int:
    try:
        package = make_package(PROJECT / "dist")
        print(describe(package))
        interpreter = find_interpreter(package.python_version)
        if interpreter is None:
            version = package.python_version
            print(
                f"neither compiled nor tried: this machine has no Python {version} for Linux on x86-64.\n"
                "Its cold starts are slower, and its bytes are others than those of a package that is made where\n"
                "that Python is installed, so that `s deploy` takes the one for a change of the other."
            )
            return 0
        events = sorted((PROJECT / "events").glob("skipped-*.json"))
        try_package(package, interpreter, events)
    except (PackageError, OSError, subprocess.SubprocessError) as exc:
        print(f"make package: {exc}", file=sys.stderr)
        return 1
    print(f"tried with {package.runtime}, alone: it starts, and handles {len(events)} sample events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
