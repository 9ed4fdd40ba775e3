"""`python -m local`: see `python -m local --help`."""

import sys

from local.checkout import REPO

# Airflow puts the plugins folder on the path of its own processes; the commands read the pipeline's settings too.
sys.path.insert(0, str(REPO / "plugins"))

from local.command_line import main

raise SystemExit(main())
