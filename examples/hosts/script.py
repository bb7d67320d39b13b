"""A script: no server and no event loop. `python examples/hosts/script.py REFERENCE` tells how a booking stands, and
`--paid PAYMENT` behind it says that it is paid, as a bank's file would."""

from __future__ import annotations

import sys

from booking import booking_engine

from wizard.engine import Engine
from wizard.errors import CallerError
from wizard.sync import Door


def main(reference: str, *paid: str) -> int:
    with Door(booking_engine, timeout=10.0) as door:
        try:
            if paid:
                run = door(Engine.event, reference, "paid", key=paid[-1])
            else:
                run = door(Engine.load, reference)
        except CallerError as error:
            print(error.message)
            return 1
        print(f"{run.status.value}: {run.current.title}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
