"""`python -m wizard` is the command `wizard`."""

from __future__ import annotations

from wizard.cli.main import main

if __name__ == "__main__":
    main()
