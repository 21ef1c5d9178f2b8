"""The committed notebooks are what their scripts make."""

from tools.lessons.build import MEND, Lesson, left_over, main
from tools.lessons.env import ROOT


def test_notebooks_are_what_the_script_makes(lesson):
    stale = [str(p.relative_to(ROOT)) for p in Lesson(lesson, ROOT).stale()]
    assert not stale, f"stale: {', '.join(stale)}; mend with: {MEND}"


def test_check_agrees_and_every_student_copy_has_a_script(lesson, capsys):
    status = main(["--check"])
    assert status == 0, capsys.readouterr().out
    assert left_over(ROOT) == []
