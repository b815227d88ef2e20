"""RAM's evaluation: statements, wildcards, every condition operator, and what is refused when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.ram.policy import OPERATORS, Policy, PolicyError

READ = "oss:GetObject"
OBJECT = "acs:oss:cn-beijing:1:videos/clip.mp4"


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "*", "Resource": "*", **more}


def policy(*statements: Mapping[str, Any]) -> Policy:
    return Policy({"Version": "1", "Statement": list(statements)})


def denied_by(
    made: Policy, action: str = READ, resource: str = OBJECT, context: Mapping[str, str] | None = None
) -> str:
    return made.evaluate(action, resource, context).denied_by


def holds(operator: str, wanted: Any, actual: str | None) -> bool:
    """Whether the condition `operator` of the key "k" with the value `wanted` is met by `actual`."""
    made = policy(statement(Condition={operator: {"k": wanted}}))
    return made.evaluate(READ, OBJECT, {} if actual is None else {"k": actual}).allowed


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        (["Allow"], ""),
        (["Deny"], "explicit"),
        (["Allow", "Deny"], "explicit"),
        (["Deny", "Allow"], "explicit"),
    ],
)
def test_a_denial_beats_every_permission(effects: list[str], expected: str) -> None:
    assert denied_by(policy(*map(statement, effects))) == expected


def test_what_nothing_allows_is_denied() -> None:
    assert denied_by(policy(statement(Action="oss:PutObject"))) == "default"
    assert denied_by(policy(statement("Deny", Action="oss:PutObject"))) == "default"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (READ, True),
        ("OSS:getobject", True),
        ("oss:*", True),
        ("*", True),
        ("oss:Get?bject", True),
        ("oss:Get", False),
        ("GetObject", False),
        ("oss.GetObject", False),
        ("oss:GetObject?", False),
        (["oss:PutObject", "oss:Get*"], True),
        (["oss:PutObject", "oss:List*"], False),
    ],
)
def test_actions_match_in_any_case(pattern: Any, matches: bool) -> None:
    assert (denied_by(policy(statement(Action=pattern))) == "") == matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (OBJECT, True),
        ("acs:oss:*:*:videos/*", True),
        ("acs:oss:*:*:videos/cli?.mp4", True),
        ("acs:oss:*:*:Videos/*", False),
        ("acs:oss:*:*:videos", False),
        ("acs:oss:*:*:videos/clip.", False),
        ("acs:oss:*:*:videos/clip?mp", False),
        ("acs:oss:*:*:vi.eos/*", False),
        ("acs:oss:*:*:[v]ideos/*", False),
        (["acs:oss:*:*:films/*", "acs:oss:*:*:videos/*"], True),
    ],
)
def test_resources_match_character_by_character(pattern: Any, matches: bool) -> None:
    assert (denied_by(policy(statement(Resource=pattern))) == "") == matches


def test_a_wildcard_matches_a_line_break() -> None:
    assert denied_by(policy(statement(Resource="acs:oss:*:*:videos/*")), resource=f"{OBJECT}\n2") == ""


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "met"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringNotEquals", "a", "A", True),
        ("StringNotEquals", "a", "a", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringEqualsIgnoreCase", "a", "b", False),
        ("StringNotEqualsIgnoreCase", "a", "b", True),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringLike", "a.c", "abc", False),
        ("StringNotLike", "a*", "ba", True),
        ("StringNotLike", "a*", "ab", False),
        ("NumericEquals", 10, "10.0", True),
        ("NumericEquals", "10", "11", False),
        ("NumericNotEquals", "10", "11", True),
        ("NumericNotEquals", "10", "10.0", False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericLessThanEquals", "10", "11", False),
        ("NumericGreaterThan", "9", "10", True),
        ("NumericGreaterThan", "10", "10", False),
        ("NumericGreaterThanEquals", "10", "10", True),
        ("NumericGreaterThanEquals", "10", "9", False),
        ("DateEquals", "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", False),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", True),
        ("DateNotEquals", "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", False),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", False),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", False),
        ("Bool", "true", "true", True),
        ("Bool", True, "true", True),
        ("Bool", "True", "false", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("IpAddress", "10.1.2.3/8", "10.9.9.9", True),
        ("IpAddress", "127.0.0.1", "127.0.0.1", True),
        ("IpAddress", "10.0.0.0/8", "11.1.2.3", False),
        ("IpAddress", "10.0.0.0/8", "::1", False),
        ("IpAddress", "fd00::/8", "fd00::1", True),
        ("NotIpAddress", "10.0.0.0/8", "11.1.2.3", True),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
    ],
)
def test_every_operator(operator: str, wanted: Any, actual: str, met: bool) -> None:
    assert holds(operator, wanted, actual) == met


def test_no_operator_is_left_out() -> None:
    (mark,) = test_every_operator.pytestmark
    tested = {(operator, met) for operator, _, _, met in mark.args[1]}
    assert tested == {(operator, met) for operator in OPERATORS for met in (True, False)}


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_absent_key_meets_only_what_is_negated(operator: str) -> None:
    wanted = {"Date": "2026-01-01", "Bool": "true", "IpAd": "::1", "NotI": "::1"}.get(operator[:4], "1")
    assert holds(operator, wanted, None) == ("Not" in operator)


def test_one_of_several_values_is_enough_unless_negated() -> None:
    assert holds("StringEquals", ["a", "b"], "b")
    assert not holds("StringEquals", ["a", "b"], "c")
    assert holds("StringNotEquals", ["a", "b"], "c")
    assert not holds("StringNotEquals", ["a", "b"], "b")
    assert not holds("NotIpAddress", ["10.0.0.0/8", "127.0.0.0/8"], "127.0.0.1")


@pytest.mark.parametrize("names", [("k", "other"), ("K", "OTHER")])
def test_all_conditions_must_be_met_whatever_the_case_of_their_keys(names: tuple[str, str]) -> None:
    made = policy(statement(Condition={"StringEquals": {names[0]: "1"}, "Bool": {names[1]: "true"}}))
    assert denied_by(made, context={"k": "1", "Other": "true"}) == ""
    assert denied_by(made, context={"k": "1", "Other": "false"}) == "default"
    assert denied_by(made, context={"k": "1"}) == "default"


def test_a_denial_holds_only_under_its_condition() -> None:
    made = policy(statement(), statement("Deny", Condition={"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}}))
    assert denied_by(made, context={"acs:SourceIp": "10.0.0.1"}) == ""
    assert denied_by(made, context={"acs:SourceIp": "8.8.8.8"}) == "explicit"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([], r"Statement\[0\]: must be an object"),
        (statement(NotAction="*"), r"Statement\[0\]: NotAction: not implemented"),
        (statement(NotResource="*"), "NotResource: not implemented"),
        (statement(Principal="*"), "Principal: not implemented"),
        (statement("Perhaps"), '"Effect" must be "Allow" or "Deny"'),
        (statement(Action=[]), "Action: must be a text or a list of texts"),
        (statement(Resource=None), "Resource: must be a text or a list of texts"),
        (statement(Condition=[]), "Condition: must be an object"),
        (statement(Condition={"Bool": "true"}), r"Condition\.Bool: must be an object"),
        (statement(Condition={"Bool": {"k": {}}}), r"Condition\.Bool\.k: must be a text"),
        (statement(Condition={"StringIs": {"k": "a"}}), "Condition operator 'StringIs' is unknown"),
        (statement(Condition={"stringequals": {"k": "a"}}), "operator 'stringequals' is unknown"),
        (statement(Condition={"StringEqualsIfExists": {"k": "a"}}), "'StringEqualsIfExists' is unknown"),
        (statement(Condition={"ForAnyValue:StringLike": {"k": "a"}}), "'ForAnyValue:StringLike' is unknown"),
        (statement(Condition={"Null": {"k": "true"}}), "'Null' is unknown"),
        (statement(Condition={"IpAddress": {"k": ["::1", "not-an-ip"]}}), r"IpAddress\.k: 'not-an-ip' is nothing"),
        (statement(Condition={"NotIpAddress": {"k": "10.0.0.0/33"}}), "'10.0.0.0/33' is nothing"),
        (statement(Condition={"NumericLessThan": {"k": "many"}}), "'many' is nothing that NumericLessThan can"),
        (statement(Condition={"DateEquals": {"k": "tomorrow"}}), "'tomorrow' is nothing"),
        (statement(Condition={"Bool": {"k": "maybe"}}), "'maybe' is nothing"),
    ],
)
def test_what_could_not_be_enforced_is_refused(raw: Any, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        policy(raw)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "ram.json: not JSON"),
        ("[]", "ram.json: must be an object"),
        ("{}", '"Version" must be "1", it is None'),
        ('{"Version": "2012-10-17", "Statement": []}', "it is '2012-10-17'"),
        ('{"Version": "1", "Statement": []}', "at least one statement"),
        ('{"Version": "1", "Statement": {}}', "must be a list"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        Policy.parse(text, "ram.json")
