"""Root device hints: whether their form is right. Which disk they mean, the agent decides."""

import re
import typing

from baremetal import errors

#: hint: what its values are
# fmt: off
KNOWN = {
    "size":                 "GiB, as 500 or '>= 500'",
    "model":                "text",
    "wwn":                  "text",
    "wwn_with_extension":   "text",
    "wwn_vendor_extension": "text",
    "serial":               "text",
    "vendor":               "text",
    "name":                 "text, as /dev/sda",
    "rotational":           "true or false",
    "hctl":                 "text, as 0:0:0:0",
    "by_path":              "text, as /dev/disk/by-path/…",
    "tran":                 "text, as sata",
}
# fmt: on
#: what may stand before a value
OPERATORS = ("s==", "s!=", "s<=", "s>=", "s<", "s>", "==", "!=", "<=", ">=", "=", "<in>", "<all-in>", "<or>", "<", ">")
FORM = re.compile(rf"^\s*({'|'.join(map(re.escape, OPERATORS))})?\s*(.*?)\s*$", re.DOTALL)
#: operators that compare numbers, and those that compare texts
NUMBERS, TEXTS = ("", "=", "==", "!=", "<=", ">=", "<", ">"), ("s==", "s!=", "s<=", "s>=", "s<", "s>")
BOOLEANS = ("true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n")

Hints = dict[str, typing.Any]


def of(node: typing.Any) -> Hints | None:
    """Return the hints in force, checked: the instance's, else the machine's. BadField names what is wrong."""
    for column in ("instance_info", "properties"):
        found = getattr(node, column).get("root_device")
        if found:
            return check(f"{column}/root_device", found)
    return None


def check(field: str, hints: typing.Any) -> Hints:
    """Return ``hints`` where they are some; BadField names what is wrong and what is known."""
    known = f"Known hints are {', '.join(KNOWN)}."
    if not isinstance(hints, dict):
        raise errors.BadField(field=field, value=str(hints)[:100], wanted=f"It is an object. {known}")
    for name, value in hints.items():
        if name not in KNOWN:
            raise errors.BadField(field=field, value=name, wanted=f"There is no such hint. {known}")
        why = _wrong(name, value)
        if why is not None:
            raise errors.BadField(field=f"{field}/{name}", value=str(value)[:100], wanted=f"{why} It is {KNOWN[name]}.")
    return hints


def _wrong(name: str, value: typing.Any) -> str | None:
    """Return what is wrong with the value of a hint, or None."""
    if isinstance(value, (dict, list)) or value in (None, ""):
        return "A hint has one value."
    found = FORM.match(str(value))
    assert found is not None
    sign, rest = found[1] or "", found[2]
    if not rest:
        return f"Nothing stands after {sign}."
    if name == "rotational":
        return None if str(value).strip().lower() in BOOLEANS else "It is no boolean."
    if name != "size":
        return f"{sign} compares numbers." if sign in NUMBERS and sign else None
    words = [word.strip() for word in rest.split("<or>")] if sign == "<or>" else [rest]
    if sign in TEXTS:
        return f"{sign} compares texts."
    return None if all(word.isdigit() for word in words) else "A size is a whole number."
