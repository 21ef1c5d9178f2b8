"""The recorded runs: how they are made, kept and read.

- `ages`: the bins of the faces' ages, and the ages that some runs leave out;
- `methods`: how a run of each method is trained, and the experiments of the lessons;
- `searches`: the experiments that chose the settings of LDS and FDS;
- `record`: runs an experiment, and writes ``data/runs/NAME.json`` and ``.npz``;
- `read`: reads those files, and scores them;
- `report`: the results as text;
- `pages`: the tables of data/RESULTS.md, data/README.md and README.md.
"""
