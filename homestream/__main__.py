"""`python -m homestream` is the command `homestream`."""

import sys

from homestream.cli import main

sys.exit(main())
