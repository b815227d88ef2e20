"""alarms/: of the form that the services document, and filled in from .env."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deploy.alarms import write_alarms
from harness.stack.reader import read_stack
from tests.deploy.stack_file import REQUIRED
from tests.project import PROJECT

FUNCTIONS = ("gif-on-upload", "gif-on-upload-collect")
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}


def exactly(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def listing(items: dict[str, Any], at_least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": at_least}


#: A name has letters and digits only.
CONDITION = exactly({"condition": {"pattern": "^([a-z]+ (==|>|<) [0-9]+)?$"}, "countCondition": {"const": ""}})
PAIRS = listing(exactly({"key": TEXT, "value": TEXT}))
QUERY = exactly(
    {
        "storeType": {"const": "log"},
        "project": TEXT,
        "store": TEXT,
        "region": TEXT,
        "query": TEXT,
        "start": {"type": "string", "pattern": "^-[0-9]+[mh]$"},
        "end": {"const": "now"},
        "timeSpanType": {"const": "Relative"},
        "powerSqlMode": {"enum": ["auto", "enable", "disable"]},
    }
)
#: CreateAlert of Log Service 2020-12-30, from the models of its SDK.
ALERT = exactly(
    {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{3,62}[a-z0-9]$"},
        "displayName": {"type": "string", "maxLength": 64},
        "schedule": exactly(
            {"type": {"const": "FixedRate"}, "interval": {"type": "string", "pattern": "^[0-9]+[mhd]$"}}
        ),
        "configuration": exactly(
            {
                "version": {"const": "2.0"},
                "type": {"const": "default"},
                "dashboard": TEXT,
                "queryList": listing(QUERY, 1),
                "groupConfiguration": exactly({"type": {"enum": ["no_group", "custom"]}, "fields": listing(TEXT)}),
                "joinConfigurations": listing({"type": "object"}),
                "severityConfigurations": listing(
                    exactly({"severity": {"enum": [2, 4, 6, 8, 10]}, "evalCondition": CONDITION}), 1
                ),
                "labels": PAIRS,
                "annotations": PAIRS,
                "policyConfiguration": exactly(
                    {"alertPolicyId": TEXT, "actionPolicyId": TEXT, "repeatInterval": TEXT}
                ),
                "threshold": {"type": "integer", "minimum": 1},
                "noDataFire": FLAG,
                "sendResolved": FLAG,
                "autoAnnotation": FLAG,
            }
        ),
    },
    description=TEXT,
)
NUMBER = {"type": "string", "pattern": "^[0-9]+$"}
#: PutResourceMetricRule of CloudMonitor 2019-01-01; everything is a parameter of the query, and so a text.
RULE = exactly(
    {
        **dict.fromkeys(("RuleId", "RuleName", "ContactGroups"), TEXT),
        "Namespace": {"const": "acs_fc"},
        "MetricName": {"type": "string", "pattern": "^Function[A-Z][A-Za-z0-9]+$"},
        "Resources": TEXT,
        **dict.fromkeys(("Period", "Interval", "SilenceTime"), NUMBER),
        # Where nothing fails there is no data, and that ends the alarm.
        "NoDataPolicy": {"const": "OK"},
        "Escalations.Critical.ComparisonOperator": {"enum": ["GreaterThanThreshold", "LessThanThreshold"]},
        # The one that CloudMonitor's page of metrics has for acs_fc; any other is refused.
        "Escalations.Critical.Statistics": {"const": "Value"},
        "Escalations.Critical.Threshold": NUMBER,
        "Escalations.Critical.Times": NUMBER,
    }
)
TOKENS = listing({"type": "string", "minLength": 1, "maxLength": 1})
LEAF = exactly({"type": {"enum": ["text", "long", "double"]}, "doc_value": FLAG})
JSON_KEY = exactly(
    {
        "type": {"const": "json"},
        "doc_value": FLAG,
        "index_all": FLAG,
        "max_depth": {"type": "integer"},
        "json_keys": {"type": "object", "additionalProperties": LEAF},
    },
    caseSensitive=FLAG,
    chn=FLAG,
    token=TOKENS,
)
#: CreateIndex of Log Service 2020-12-30.
INDEX = exactly(
    {
        "line": exactly({"token": TOKENS, "caseSensitive": FLAG}, chn=FLAG),
        "keys": {"type": "object", "additionalProperties": JSON_KEY},
    }
)
FORMS = {"index": INDEX, "log": ALERT, "metric": RULE}


@pytest.fixture(scope="module")
def alarms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Each file by its name, filled in as `make alarms` does it."""
    values = {**REQUIRED, "REGION": "cn-hangzhou", "LOG_PROJECT": "my-logs", "LOG_STORE": "my-store"}
    stack = read_stack(PROJECT / "s.yaml", values, dotenv=False)
    written = write_alarms(stack, PROJECT / "alarms", tmp_path_factory.mktemp("dist"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in written if path.suffix == ".json"}


@pytest.mark.parametrize("path", sorted((PROJECT / "alarms").glob("*.json")), ids=lambda path: path.stem)
def test_each_has_the_documented_form(path: Path, alarms: dict[str, Any]) -> None:
    jsonschema.validate(alarms[path.stem], FORMS[path.stem.partition("-")[0]])


def test_names_are_those_of_dotenv_and_log_service_keeps_its_own(alarms: dict[str, Any]) -> None:
    for name, alert in ((name, alarm) for name, alarm in alarms.items() if name.startswith("log-")):
        (query,) = alert["configuration"]["queryList"]
        assert (query["project"], query["store"], query["region"]) == ("my-logs", "my-store", "cn-hangzhou"), name
        filled = set(re.findall(r"\$\{(\w+)\}", json.dumps(alert["configuration"]["annotations"])))
        assert filled <= set(re.findall(r" as (\w+)", query["query"])), name
    functions = [{"region": "cn-hangzhou", "functionName": name} for name in FUNCTIONS]
    rules = {name: alarm for name, alarm in alarms.items() if name.startswith("metric-")}
    for name, rule in rules.items():
        # Only the function that submits has a destination for what fails.
        assert json.loads(rule["Resources"]) == functions[: 1 if name == "metric-destination" else 2], name


def test_the_metrics_are_those_of_the_page(alarms: dict[str, Any]) -> None:
    """Their names: the page "Monitoring data" of Function Compute 3.0."""
    rules = {name: alarm for name, alarm in alarms.items() if name.startswith("metric-")}
    assert {rule["MetricName"] for rule in rules.values()} == {
        "FunctionFunctionErrors",
        "FunctionServerErrors",
        "FunctionConcurrencyThrottles",
        "FunctionResourceThrottles",
        "FunctionAsyncMessagesBacklogV2",
        "FunctionAsyncEventExpiredDropped",
        "FunctionDestinationErrors",
    }
    assert len(rules) == 7


def test_no_line_falls_between_two_looks(alarms: dict[str, Any]) -> None:
    """Each look goes further back than to the last one, because lines come late; and not over a day, the limit."""
    minutes = {"m": 1, "h": 60}
    for name, alert in ((name, alarm) for name, alarm in alarms.items() if name.startswith("log-")):
        (query,) = alert["configuration"]["queryList"]
        every, back = (
            int(span.strip("-")[:-1]) * minutes[span[-1]]
            for span in (alert["schedule"]["interval"], query["start"])
        )
        assert every + 5 <= back <= 24 * 60, name
        (severity,) = alert["configuration"]["severityConfigurations"]
        variables = re.findall(r"^[a-z]+", severity["evalCondition"]["condition"])
        assert set(variables) <= set(re.findall(r" as (\w+)", query["query"])), name


def test_ids_are_told_apart(alarms: dict[str, Any]) -> None:
    ids = [alarm.get("name") or alarm.get("RuleId") for name, alarm in alarms.items() if name != "index"]
    assert len(set(ids)) == len(ids) > 5


def test_each_says_that_it_has_not_met_the_real_service(alarms: dict[str, Any]) -> None:
    """In its description, where its form has one; all of them in the folder's README, by name."""
    readme = (PROJECT / "alarms" / "README.md").read_text(encoding="utf-8")
    assert "None of these files has met the real service" in readme
    assert [name for name in alarms if f"`{name}.json`" not in readme] == []
    alerts = [alarm for name, alarm in alarms.items() if name.startswith("log-")]
    assert all("has not met the real service" in alert["description"] for alert in alerts)
