"""From the executed solution to the student's copy, in nbgrader's own steps.

The builder runs these steps as a library, and ``nbgrader_config.py`` hands the same
list to ``nbgrader generate_assignment``: both write the same notebook.
"""

from nbformat import from_dict
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)

from course.checks.results import ANSWER_HERE
from tools.lessons.cells import region_text, with_stub, without_region
from tools.lessons.colab import colab_cell, colab_link


class StudentCopy(NbGraderPreprocessor):
    """Put stubs in place of solutions, and the student's own cells in.

    Takes the place of nbgrader's ``ClearSolutions``, which has one stub for all cells,
    and of ``ClearMarkScheme``, which knows a mark scheme in its task cells only.
    """

    def preprocess(self, nb, resources):
        cells = [c for c in nb.cells if c.metadata.get("role") != "solution-only"]
        for place, cell in nb.metadata.pop("student_only", []):
            cells.insert(place, from_dict(cell))
        title, _, text = cells[0].source.partition("\n")
        link = colab_link(resources["unique_key"])
        cells[0].source = f"{title}\n\n{link}\n{text}".rstrip()
        cells.insert(1, colab_cell())
        nb.cells = cells
        for cell in nb.cells:
            graded = cell.metadata.get("nbgrader", {})
            if graded.get("solution") and graded.get("grade"):
                cell.source = _unanswered(cell.source)
            elif graded.get("solution"):
                cell.source = with_stub(cell.source, cell.metadata.pop("stub"))
        return nb, resources


def _unanswered(source: str) -> str:
    """The question of a manually graded cell, without model answer and mark scheme."""
    first = "SOLUTION" if region_text(source, "SOLUTION") else "MARK SCHEME"
    source = without_region(source, first, ANSWER_HERE)
    return without_region(source, "MARK SCHEME").strip()


# SaveCells keeps the hidden tests in the gradebook before they are taken out.
NBGRADER_STEPS = [
    StudentCopy,
    LockCells,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ComputeChecksums,
    CheckCellMetadata,
]
BUILD_STEPS = [step for step in NBGRADER_STEPS if step is not SaveCells]
