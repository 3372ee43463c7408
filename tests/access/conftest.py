"""Everybody that these tests try: whom the roster of a test's place has, and who owns the chat group of its council (议事会群主)."""

import pytest

from services.contracts.organisation import Role, council_of
from tests.harness import Harness, Place


@pytest.fixture
def place(system: Harness, place: Place) -> Place:
    """A village for this test alone."""
    office = (Role.GROUP_OWNER, council_of(place.village), place.village)
    place.people["council_owner"] = system.person(f"m_{place.village}-council-owner", office)
    return place
