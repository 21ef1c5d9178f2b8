"""What the file names of two face sets say: the age, and for AgeDB the person."""

import re
from typing import NamedTuple

from dirlib.arguments import check_choice

# A few names of UTKFace lack the gender or the race: the age and the date stay.
_NAMES = {
    "utkface": re.compile(r"(?P<age>\d{1,3})(_\d?){1,2}_\d{8,}\D.*"),
    "agedb": re.compile(r"\d+_(?P<identity>.+)_(?P<age>\d{1,3})_[mf]\.\w+", re.I),
}
KINDS = tuple(_NAMES)
SUFFIXES = (".jpg", ".jpeg", ".png")


class NameParts(NamedTuple):
    """The age in years, int, and the person's name; None where a name holds none."""

    age: int
    identity: str | None


def read_name(name, kind=None):
    """Return the age, and the person, that a file's name holds, as NameParts, or None.

    A `name`, without its folder, is made as by UTKFace (age, gender, race, date), such
    as ``35_0_1_20170116174525125.jpg.chip.jpg``, or by AgeDB (number, person, age,
    gender), such as ``12_MariaCallas_35_f.jpg``. Without a `kind`, "utkface" or
    "agedb", both ways are tried: no name fits both.
    """
    if kind is not None:
        check_choice("kind", kind, KINDS)
    if not name.lower().endswith(SUFFIXES):
        return None
    for pattern in _NAMES.values() if kind is None else [_NAMES[kind]]:
        if match := pattern.fullmatch(name):
            return NameParts(int(match["age"]), match.groupdict().get("identity"))
    return None
