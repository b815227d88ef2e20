"""What a function sees and how it answers: FC's contract with Python code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness.ram.identity import ACCOUNT_ID
from tests.harness.fc.account import REGION, LocalFc


def test_event_arrives_as_bytes_and_bytes_go_back(local: LocalFc) -> None:
    local.function("""
        def handler(event, context):
            assert type(event) is bytes
            return event + bytes([0, 255])
    """)
    assert local.fc.invoke("f", b"\x00\xff caf\xc3\xa9").body == b"\x00\xff caf\xc3\xa9\x00\xff"
    assert local.fc.invoke("f", b"").body == b"\x00\xff"


def test_results_are_encoded_as_fc_does(local: LocalFc) -> None:
    local.function("""
        import datetime, decimal
        class Own:
            def to_json(self):
                return {"own": 1}
        VALUES = {
            "text": "猫", "none": None, "dict": {"b": 1, "a": [True]}, "decimal": decimal.Decimal("1.5"),
            "date": datetime.date(2024, 1, 2), "own": Own(), "set": {1},
        }
        def handler(event, context):
            return VALUES[event.decode()]
    """)
    expected = {
        b"text": "猫".encode(),
        b"none": b"null",
        b"dict": b'{\n    "a": [\n        true\n    ],\n    "b": 1\n}',
        b"decimal": b"1.5",
        b"date": b'"2024-01-02"',
        b"own": b'{\n    "own": 1\n}',
    }
    assert {name: local.fc.invoke("f", name).body for name in expected} == expected
    refused = local.fc.invoke("f", b"set")
    assert refused.error_type == "UnhandledInvocationError"
    assert json.loads(refused.body)["errorType"] == "TypeError"


def test_exception_becomes_fc_error(local: LocalFc) -> None:
    local.function("""
        class Broken(Exception):
            pass
        def deeper():
            raise Broken("猫 is gone")
        def handler(event, context):
            deeper()
    """)
    result = local.fc.invoke("f", b"")
    assert (result.status, result.error_type) == (200, "UnhandledInvocationError")
    error = json.loads(result.body)
    assert (error["errorType"], error["errorMessage"]) == ("Broken", "猫 is gone")
    assert [frame[2] for frame in error["stackTrace"]] == ["in handler", "in deeper"]
    assert error["stackTrace"][1][3] == 'raise Broken("猫 is gone")'
    assert local.fc.invoke("f", b"").instance_id == result.instance_id  # an exception costs no instance


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("handler", "InvalidHandleName"),
        ("absent.handler", "ImportModuleError"),
        ("index.absent", "HandlerNotFound"),
        ("syntax.handler", "UserCodeSyntaxError"),
        ("raises.handler", "UserCodeError"),
        ("missing_dependency.handler", "ImportModuleError"),
    ],
)
def test_handler_that_cannot_be_found(local: LocalFc, handler: str, kind: str) -> None:
    code = local.function(handler=handler).code
    (code / "syntax.py").write_text("def handler(:", encoding="utf-8")
    (code / "raises.py").write_text("1 / 0", encoding="utf-8")
    (code / "missing_dependency.py").write_text("import no_such_module", encoding="utf-8")
    result = local.fc.invoke("f", b"")
    assert result.error_type == "UnhandledInvocationError"
    assert json.loads(result.body)["errorType"] == kind


@pytest.mark.parametrize("handler", ["folder/main.handler", "package.main.handler"])
def test_handler_in_a_folder(local: LocalFc, handler: str) -> None:
    code = local.function(handler=handler).code
    for folder in ("folder", "package"):
        (code / folder).mkdir()
        (code / folder / "main.py").write_text("def handler(event, context): return __name__", encoding="utf-8")
    (code / "package" / "__init__.py").touch()
    assert local.fc.invoke("f", b"").body.decode() == handler.rpartition(".")[0]


@pytest.mark.parametrize(
    ("handler", "runtime", "found"),
    [
        ("namespace.main.handler", "python3.10", False),
        ("namespace.main.handler", "python3.12", True),
        ("package.main.handler", "python3.10", True),
        ("package.handler", "python3.10", True),
        ("namespace/main.handler", "python3.10", True),
        ("namespace/inner.main.handler", "python3.10", True),
        ("namespace/inner.main.handler", "python3.12", True),
        ("namespace/bare.main.handler", "python3.10", False),
        ("statistics.mean", "python3.10", False),
        ("index.package.main.handler", "python3.10", False),
    ],
)
def test_where_a_runtime_looks_for_a_handler(local: LocalFc, handler: str, runtime: str, found: bool) -> None:
    """Up to python3.10 below the code only, and a package must have an __init__.py; a directory need not."""
    code = local.function(handler=handler, runtime=runtime).code
    source = "def handler(event, context): return __name__"
    for folder in ("package", "namespace/inner", "namespace/bare"):
        (code / folder).mkdir(parents=True)
        (code / folder / "main.py").write_text(source, encoding="utf-8")
    (code / "namespace" / "main.py").write_text(source, encoding="utf-8")
    for package in ("package", "namespace/inner"):
        (code / package / "__init__.py").write_text(source, encoding="utf-8")
    result = local.fc.invoke("f", b"")
    if found:
        assert result.body.decode() == handler.rpartition(".")[0]
    else:
        assert json.loads(result.body)["errorType"] == "ImportModuleError"


def test_a_module_that_fails_is_loaded_anew(local: LocalFc, tmp_path: Path) -> None:
    local.function(
        "import os\nif not os.path.exists(os.environ['MARK']): raise ValueError\ndef handler(e, c): return b'ok'",
        runtime="python3.10",
        environment={"MARK": str(tmp_path / "mark")},
    )
    assert json.loads(local.fc.invoke("f", b"").body)["errorType"] == "InvalidHandleName"
    (tmp_path / "mark").touch()
    assert local.fc.invoke("f", b"").body == b"ok"


@pytest.mark.parametrize("runtime", ["python3.10", "python3.12"])
def test_names_in_any_script(local: LocalFc, runtime: str) -> None:
    source = "def handler(e, c): return c.function.handler\ndef initialize(c): pass"
    code = local.function(
        handler="处理.handler", runtime=runtime, log_project="日志", initializer="处理.initialize"
    ).code
    (code / "处理.py").write_text(source, encoding="utf-8")
    result = local.fc.invoke("f", b"")
    assert (result.body.decode(), result.error_type) == ("处理.handler", None)


@pytest.mark.parametrize(
    "what", ["sys.stdout.close()", "sys.stdout = None", "os.dup2(os.open(os.devnull, os.O_WRONLY), 1)"]
)
def test_without_its_own_output_a_function_still_answers_and_its_error_is_logged(
    local: LocalFc, what: str
) -> None:
    local.function(
        f"""
        import os, sys
        def handler(event, context):
            {what}
            if event: raise ValueError("猫")
            return b"ok"
    """
    )
    assert local.fc.invoke("f", b"").body == b"ok"
    failed = local.fc.invoke("f", b"x")
    assert json.loads(failed.body)["errorMessage"] == "猫"
    assert failed.lines[0] == f"FC Invoke Start RequestId: {failed.request_id}"
    assert failed.lines[-2:] == (
        "ValueError: 猫",
        f"FC Invoke End RequestId: {failed.request_id}, Error: Unhandled function error",
    )


def test_an_exception_that_cannot_say_what_it_is(local: LocalFc) -> None:
    local.function(
        """
        class Broken(Exception):
            def __str__(self): raise RuntimeError
        def handler(event, context): raise Broken
    """
    )
    described = json.loads(local.fc.invoke("f", b"").body)
    assert (described["errorType"], described["errorMessage"]) == ("Broken", "<unprintable Broken object>")


def test_only_the_platform_and_the_function_set_the_environment(
    local: LocalFc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_MACHINE", "1")
    local.function(
        """
        import os, sys
        def handler(event, context):
            return {"environ": dict(os.environ), "path": sys.path, "cwd": os.getcwd(), "argv": sys.argv}
    """,
        environment={"OWN": "猫", "FC_RESERVED": "x", "ENTRY_POINT": "not for the framework"},
    )
    seen = local.answer()
    code = str((local.directory / "code" / "f").resolve())
    assert (seen["cwd"], seen["path"][0], seen["argv"]) == (code, code, [""])
    assert str(Path(sys.modules["harness"].__path__[0]).parent) not in seen["path"]
    environ = seen["environ"]
    environ.pop("LC_CTYPE", None)  # the interpreter's own
    for name in ("FC_INSTANCE_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"):
        assert environ.pop(name)
    assert environ.pop("ALIBABA_CLOUD_ACCESS_KEY_ID").startswith("STS.")
    assert environ == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": "UTC",
        "OWN": "猫",
        "ENTRY_POINT": "not for the framework",
        "FC_ACCOUNT_ID": ACCOUNT_ID,
        "FC_CUSTOM_LISTEN_PORT": "9000",
        "FC_FUNCTION_HANDLER": "index.handler",
        "FC_FUNCTION_MEMORY_SIZE": "512",
        "FC_FUNCTION_NAME": "f",
        "FC_FUNCTION_VERSION": "LATEST",
        "FC_FUNC_CODE_PATH": f"{code}/",
        "FC_REGION": REGION,
    }


def test_python_path_below_code_leads_to_the_code(local: LocalFc) -> None:
    code = local.function(
        "import vendored\ndef handler(event, context): return vendored.NAME",
        environment={"PYTHONPATH": "/code/python"},
    ).code
    (code / "python").mkdir()
    (code / "python" / "vendored.py").write_text("NAME = 'from /code/python'", encoding="utf-8")
    assert local.fc.invoke("f", b"").body == b"from /code/python"


def test_modules_of_the_function_are_its_own(local: LocalFc) -> None:
    """None of the runtime's own files can be taken for one of the function's."""
    code = local.function(
        "import adapter, runtime\ndef handler(event, context): return adapter.A + runtime.A"
    ).code
    for name in ("adapter", "runtime"):
        (code / f"{name}.py").write_text("A = 'mine'", encoding="utf-8")
    assert local.fc.invoke("f", b"").body == b"minemine"
