"""Evaluates the rules of the checks with Google's own CEL (CEL-C++, by cel-expr-python), and compares.

Reads JSON lines on standard input: {"about", "source", "bindings": {"subject", "profile", "tenancy"}, "expected"}, where
`expected` is true, false, or null for an error. Prints what differs, and ends with 1 where anything does.
"""

import json
import sys

from cel_expr_python import cel

NAMES = ("subject", "profile", "tenancy")


def evaluated(expression, bindings):
    """true, false, or None for an error: what an unseen property leads to."""
    try:
        result = expression.eval(data=bindings)
        value = result.value()
    except Exception:  # the library raises several kinds, and an error is an answer here
        return None
    return value if isinstance(value, bool) else None


def main():
    environment = cel.NewEnv(variables={name: cel.Type.DYN for name in NAMES})
    compiled = {}
    asked, errors, different = 0, 0, []
    for line in sys.stdin:
        case = json.loads(line)
        source = case["source"]
        if source not in compiled:
            compiled[source] = environment.compile(source)
        found = evaluated(compiled[source], case["bindings"])
        asked += 1
        errors += found is None
        if found is not case["expected"]:
            different.append(f"{case['about']}: {found} instead of {case['expected']}: {source}")
    print(f"{asked} evaluations of {len(compiled)} expressions, {errors} of them errors")
    print("\n".join(different[:50]))
    return 1 if different or not asked or not errors else 0


if __name__ == "__main__":
    sys.exit(main())
