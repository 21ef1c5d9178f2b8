"""What makes, hands out and grades the lessons; run from the checkout."""

import sys

# nbformat imports it, by way of jsonschema, in each process that reads a notebook: it
# builds a grammar of web addresses for three seconds, and no notebook needs it.
sys.modules.setdefault("rfc3987_syntax", None)
