"""Settings for nbgrader's command line, run from this folder.

Assignments are the folders of ``solutions/``; the student's copies go to ``lessons/``,
with the same steps as ``make lessons`` takes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools"))
from student_copy import NBGRADER_STEPS

c = get_config()  # noqa: F821 - nbgrader puts it here

ROOT = Path(__file__).resolve().parent
(ROOT / "grading").mkdir(exist_ok=True)  # sqlite makes the file, not the folder
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "lessons"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = f"sqlite:///{ROOT}/grading/gradebook.db"
# The scripts hold the solutions and must not go out with the student's copies.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.py",
    "*.pyc",
    "__pycache__",
    "feedback",
]
c.GenerateAssignment.preprocessors = NBGRADER_STEPS
# Lessons train for up to 30 s in a cell, on a slow machine longer.
c.ExecutePreprocessor.timeout = 300
# Any text on stderr costs a check its points; a library's warning must not.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"NNPACK|\w+Warning: "
