"""Whatever things.yaml plants: a recipe says how things of a kind are made and where they are read back, a row what is its own.

A call is `{call: create_x, with: {…}}`, and where it is made differs: `service`, `region`. Placeholders, in any text:
{name} the row's, {id} what it is known by, {owner} its account, {place} its region's code, {made PATH} a part of the answer that made it (JMESPath),
{key ROW} a key's ARN, {arn KIND/ROW} and {id KIND/ROW} those of another thing, {alpha} {beta} {outside} the accounts.
A text that is nothing but a placeholder keeps its value's type; `{json: …}` becomes a document in a text.
"""

import io
import json
import re
import zipfile

import jmespath

PLACEHOLDER = re.compile(r"\{(name|id|owner|place|bucket|zip|with|made|key|arn|alpha|beta|outside)(?: ([^{}]+))?\}")


class Things:
    def __init__(self, table, clients, placed):
        self.table, self.clients, self.placed = table, clients, placed

    def rows(self, recipe):
        """The rows of a recipe that this emulator can hold; what a row says of itself goes before what its recipe says."""
        rows = []
        for row in recipe["rows"]:
            if self.holds(recipe, row):
                whole = {"account": "alpha", "region": "tokyo"} | row
                given = recipe.get("with", {}) | row.get("with", {})
                whole["with"] = {name: value for name, value in given.items() if name not in row.get("without", [])}
                rows.append(whole)
        return rows

    def held_elsewhere(self, recipe):
        return [self.subject(recipe, row) for row in recipe["rows"] if not self.holds(recipe, row)]

    def holds(self, recipe, row):
        return self.table.emulator in (row.get("only") or recipe.get("only") or [self.table.emulator])

    def subject(self, recipe, row):
        return f"{recipe['kind']}/{row['name']}"

    def plant(self, recipe, row):
        """Makes a thing, and tells where it is."""
        made = {}
        if "make" in recipe:
            named = {recipe["named"]: row["name"]} if "named" in recipe else {}
            made = self.call(recipe, row, {"call": recipe["make"], "with": named | row["with"]}, {})
        return self.entry(recipe, row, made), made

    def afterwards(self, recipe, row, made):
        """The calls that follow, once it has its place."""
        row = self.known(recipe, row)
        for step in recipe.get("then", []) + row.get("then", []):
            if self.table.emulator in step.get("only", [self.table.emulator]):
                self.call(recipe, row, step, made)

    def entry(self, recipe, row, made):
        identity = self.filled(recipe.get("identity", "{name}"), row, made)
        arn = self.filled(recipe["arn"], row | {"identity": identity}, made)
        return {"id": identity, "arn": arn, "account": self.table.account(row), "region": self.table.region(row)}

    def known(self, recipe, row):
        placed = self.placed[self.subject(recipe, row)]
        return row | {"identity": placed["id"], "arn": placed["arn"]}

    def call(self, recipe, row, step, made):
        place = row | ({"region": step["region"]} if "region" in step else {})
        client = self.clients.get(step.get("service", recipe["service"]), place)
        answer = getattr(client, step["call"])(**self.filled(step.get("with", {}), place, made))
        answer.pop("ResponseMetadata", None)
        return answer

    def compare(self, recipe, row):
        """Every planted property beside what is read back."""
        subject = self.subject(recipe, row)
        row = self.known(recipe, row)
        if "read" in recipe:
            said = self.read(recipe, row, recipe["read"])
            facts = {name: value for name, value in row["with"].items() if name not in recipe.get("untold", [])}
            facts |= recipe.get("facts", {}) | row.get("facts", {})
            for fact, planted in facts.items():
                yield subject, fact, self.filled(planted, row, {}), said and jmespath.search(fact, said)
        for also in recipe.get("also", []) + row.get("also", []):
            if self.table.emulator in also.get("only", [self.table.emulator]):
                yield subject, f"{also['call']} {also['at']}", self.filled(also["is"], row, {}), self.read(recipe, row, also)

    def read(self, recipe, row, step):
        return jmespath.search(self.filled(step["at"], row, {}), self.call(recipe, row, step, {}))

    def filled(self, value, row, made):
        """`value` with its placeholders replaced, however deep they are."""
        if isinstance(value, dict):
            if value.keys() == {"json"}:
                return json.dumps(self.filled(value["json"], row, made))
            return {self.filled(key, row, made): self.filled(entry, row, made) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.filled(entry, row, made) for entry in value]
        if not isinstance(value, str):
            return value
        if whole := PLACEHOLDER.fullmatch(value):
            return self.meant(whole, row, made)
        return PLACEHOLDER.sub(lambda found: str(self.meant(found, row, made)), value)

    def meant(self, found, row, made):
        word, about = found.groups()
        match word:
            case "id" if about is None:
                return row["identity"]
            case "arn" if about is None:
                return row["arn"]
            case "id" | "arn":
                return self.placed[about][word]
            case "key":
                return self.placed[f"key/{about}"]["arn"]
            case "name":
                return row["name"]
            case "owner":
                return self.table.account(row)
            case "place":
                return self.table.region(row)
            case "bucket":
                return row["bucket"]
            case "zip":
                return zipped()
            case "with":
                return self.filled(jmespath.search(about, row["with"]), row, made)
            case "made":
                return jmespath.search(about, made)
            case account:
                return self.table.accounts[account]


def zipped():
    """A function's code: as little as there can be."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("index.py", "def handler(event, context): return None\n")
    return archive.getvalue()
