"""What makes, hands out and grades the lessons; run from the checkout."""

import sys

# jsonschema takes this for addresses in a notebook, which has none to be checked, and it
# builds a grammar for three seconds in each process that reads a notebook.
sys.modules.setdefault("rfc3987_syntax", None)
