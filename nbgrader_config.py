"""Settings for nbgrader's command line, run from this folder.

Assignments are the folders of ``solutions/``; the student's copies go to ``lessons/``,
with the same steps as ``make lessons`` takes. The exchange of a JupyterHub hands them
out and collects into ``grading/submitted``; ``make grade`` grades them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tools.lessons.student_copy import NBGRADER_STEPS

c = get_config()  # noqa: F821 - nbgrader puts it here

ROOT = Path(__file__).resolve().parent
(ROOT / "grading").mkdir(exist_ok=True)  # sqlite makes the file, not the folder
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "lessons"
c.CourseDirectory.course_id = "dir"
c.CourseDirectory.submitted_directory = "grading/submitted"
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
