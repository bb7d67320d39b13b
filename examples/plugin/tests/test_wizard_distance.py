"""Distance between places: it keeps its contract, and does what its page says."""

from __future__ import annotations

from wizard_distance import DistanceNode

from wizard.plugins.checking import check
from wizard.plugins.packages import target
from wizard.testing import Person, make_test_engine

DELIVERY = """
id: delivery
nodes:
  - {id: place, type: form, fields: [{name: north, type: decimal}, {name: east, type: decimal}]}
  - id: way
    type: wizard_distance
    from_latitude: 46.948
    from_longitude: 7.4474
    to_latitude: place.north
    to_longitude: place.east
    next: {near: bicycle, far: train}
  - {id: bicycle, type: end, title: By bicycle}
  - {id: train, type: end, title: "By train, {{ round(way.km) }} km"}
"""


def test_it_keeps_its_contract() -> None:
    """People find it, configure it by its form or as JSON, read its page, and run its example."""
    assert check(target("wizard_distance")).findings == ()


async def test_what_is_near_and_what_is_far() -> None:
    """A run takes the way of the distance, and the next node reads what it gives."""
    engine = await make_test_engine(DELIVERY, node_types=[DistanceNode])
    for north, east, title in (("46.95", "7.44", "By bicycle"), ("47.3769", "8.5417", "By train, 95 km")):
        person = await Person.starts(engine, "delivery")
        await person.says(north=north, east=east)
        person.sees(title=title)


async def test_a_place_that_there_is_not() -> None:
    """The run stops there, and the log says why."""
    engine = await make_test_engine(DELIVERY, node_types=[DistanceNode])
    person = await Person.starts(engine, "delivery")
    await person.says(north="91", east="7")
    person.sees(error="isn't between -90 and 90")
