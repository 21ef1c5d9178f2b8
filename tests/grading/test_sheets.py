"""Sheets, report and feedback: of a made-up class, without running a notebook."""

import base64

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.grading.feedback import page as feedback_page
from tools.grading.outputs import PNG
from tools.grading.report_page import page
from tools.grading.sheets import read_sheet, write_sheet, write_sheets
from tools.grading.signs import alike

FORMULAS = [
    '=HYPERLINK("http://x","y")', "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1",
    "a;=1", "a;\n=1", "＝1", '"=1', "a\t@x",
]  # fmt: skip
LONG = """def {f}(labels, start):
    {doc}
    total = 0
    for {x} in labels:
        if {x} > start:
            total += {x} * 2
    return [total, len(labels), start]"""


def class_of(n: int, lessons=("01_imbalance", "02_lds")):
    """Made-up results: (marks, exercises, returned)."""
    rows = [
        (f"S{i:04} {4000 + i}", lesson, i % 13) for i in range(n) for lesson in lessons
    ]
    marks = pd.DataFrame(rows, columns=["student", "lesson", "points"])
    marks = marks.assign(of=12.0, open=0.0, remarks="")
    returned = marks[["student", "lesson"]].assign(
        file=lambda t: t.student, platform="canvas", remarks="", problem="",
        number=lambda t: t.student.str[-4:], late="",
    )  # fmt: skip
    exercises = marks.drop(columns="remarks").assign(
        exercise="bin_index", number="1.1", state="wrong", message="=1"
    )
    return marks, exercises, returned


def test_no_text_of_a_sheet_is_a_formula(tmp_path):
    table = pd.DataFrame({"text": FORMULAS, "points": [-1.5] * len(FORMULAS)})
    write_sheet(table, tmp_path / "x.csv")
    for line in pd.read_csv(tmp_path / "x.csv").text:
        for part in line.replace("\n", ";").replace("\t", ";").split(";"):
            assert part.strip(' "\r')[:1] not in tuple("=+-@＝"), line
    want = [text.replace("\r", " ") for text in FORMULAS]
    assert read_sheet(tmp_path / "x.csv").text.tolist() == want
    assert pd.read_csv(tmp_path / "x.csv").points.tolist() == [-1.5] * len(FORMULAS)


def test_a_row_for_each_student_and_a_column_for_each_lesson(tmp_path):
    marks, exercises, returned = class_of(5)
    returned.loc[0, "late"] = "late"
    names = write_sheets(tmp_path, marks, exercises, returned)
    sheet = pd.read_csv(tmp_path / "students.csv", keep_default_na=False)
    assert list(sheet.columns[:4]) == ["student", "01_imbalance", "02_lds", "points"]
    assert sheet.points.astype(float).tolist() == [0, 2, 4, 6, 8]
    assert sheet.late.tolist() == ["01_imbalance", "", "", "", ""]
    assert "canvas.csv" in names
    canvas = pd.read_csv(tmp_path / "canvas.csv")
    assert list(canvas.columns[:5]) == [
        *("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    ]
    assert canvas.ID.tolist() == [4000, 4001, 4002, 4003, 4004]


def test_moodle_reads_its_sheet_by_participant(tmp_path):
    marks, exercises, returned = class_of(2)
    returned["platform"] = "moodle"
    write_sheets(tmp_path, marks, exercises, returned)
    sheet = pd.read_csv(tmp_path / "moodle-02_lds.csv")
    assert sheet.iloc[1].tolist() == ["Participant 4001", "S0001", 1]


def test_who_has_nothing_graded_is_in_the_sheet_too(tmp_path):
    marks, exercises, returned = class_of(2)
    lost = {"student": "Lost", "lesson": "", "problem": "a PDF", "file": "Lost/x.pdf"}
    returned = pd.concat([returned, pd.DataFrame([lost])]).fillna("")
    write_sheets(tmp_path, marks, exercises, returned)
    sheet = pd.read_csv(tmp_path / "students.csv")
    assert sheet[sheet.student == "Lost"].points.isna().all() and len(sheet) == 3


def test_the_report_links_to_feedback_and_shows_no_ones_html():
    marks, exercises, returned = class_of(3)
    marks.loc[0, "remarks"] = "<script>alert(1)</script> LOOK AT IT"
    returned.loc[0, "problem"] = "<b>x</b>"
    text = page(exercises, marks, returned, {"02_lds": [("f", ["A", "<b>"])]})
    assert "feedback/S0000%204000/02_lds/02_lds.html" in text
    assert "<script>alert" not in text and "<b>x</b>" not in text
    assert "median" in text and "Content-Security-Policy" in text


def test_a_page_of_feedback_is_below_300_kb():
    figure = base64.b64encode(PNG + b"0" * 60_000).decode()
    cells = [new_markdown_cell("# Text\n\n" + "word " * 200) for _ in range(100)]
    for _ in range(30):
        cell = new_code_cell("x = 1\n" * 900)
        cell.outputs = [
            new_output("display_data", {"image/png": figure}),
            new_output("stream", name="stdout", text="y" * 90_000),
        ]
        cells.append(cell)
    mark = {"grade_id": "f_check", "grade": True}
    cells.append(new_code_cell("check.f(f)", metadata={"nbgrader": mark}))
    grades = {"f_check": [1.5, 2.0, "Well <b>done</b>", False]}
    text = feedback_page(new_notebook(cells=cells), "Ana", "01", grades)
    assert len(text.encode()) < 300_000
    assert "1.5 of 2 points" in text and "Well &lt;b&gt;done" in text


def test_alike_is_a_hint_for_few_and_for_long_code():
    first = LONG.format(f="a", doc="'one'", x="i")
    second = LONG.format(f="a", doc="'two'", x="age")
    other = first.replace("* 2", "* 3")
    short = "def a(x):\n    return x"
    answers = {"Ana": {"a": first}, "Bo": {"a": second}, "Cy": {"a": other}}
    assert alike(answers) == [("a", ["Ana", "Bo"])]
    assert alike({name: {"a": short} for name in "AB"}) == []
    assert alike({f"S{i}": {"a": first} for i in range(9)}) == []
