"""Packages of npm for tests that drive real JavaScript: ali-oss and Serverless Devs."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

ALI_OSS = "ali-oss@6.23.0"
SERVERLESS_DEVS = "@serverless-devs/s@3.1.10"
PARSE_SPEC = "@serverless-devs/parse-spec@0.0.29"
_OPTIONS = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=0"]
_SECONDS = 120


class Unavailable(Exception):
    """The package is not to be had here; the message says why."""


def install(package: str, directory: Path) -> Path:
    """The folder below `directory` (pytest's cache) whose node_modules has `package`, installed once."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable(f"{package} needs node and npm, and they are not here")
    installed = directory / package.replace("/", "-")
    if not installed.exists():
        building = Path(tempfile.mkdtemp(dir=directory))
        command = ["npm", "install", package, "--prefix", str(building), *_OPTIONS]
        try:
            subprocess.run(command, cwd=building, check=True, capture_output=True, timeout=_SECONDS)
            with contextlib.suppress(OSError):  # another process was faster
                building.rename(installed)
        except subprocess.SubprocessError as exc:
            raise Unavailable(f"npm could not install {package}") from exc
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return installed
