"""What tests stand on: a place that is nobody else's."""

from tests.harness import codes_of

MOST = 1_000
"""Places one run may found; the longest so far founds about 200."""


def test_no_two_places_are_the_same() -> None:
    counties = [codes_of(number)[1] for number in range(MOST)]
    assert len(set(counties)) == MOST
    assert {len(county) for county in counties} == {6}
