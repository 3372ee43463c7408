"""Where the stories play, by node, and who there has nothing to do with what (domain 1.6)."""

from deploy.demo.client import ANONYMOUS
from deploy.demo.stories.base import Tier
from deploy.demo.stories.telling import nobody

GROUP, BOARD = "n_group-fukang-1", "group:福康社区一号微平台"
VILLAGE, TOWNSHIP, COUNTY = "n_fed-210302003008", "n_fed-210302003", "n_fed-210302"
"""福康社区, 山南街道, 铁东区."""
WATER, HEATING, HOUSING = "n_dept-water-210302", "n_dept-heating-210302", "n_dept-housing-210302"

BESIDE = nobody(
    "other-group-resident",
    "other-group-owner",
    "other-village-resident",
    "other-chair",
    "other-township-officer",
    "hongyun-chair",
    "hongyun-county-chair",
    "pingfang-township-officer",
    "justice-liaison",
    "operator",
    ANONYMOUS,
)
"""Other groups, villages, townships and counties; a department that is not asked; who runs the machines; who has no token."""
LIAISONS = nobody("liaison", "heating-liaison", "housing-liaison")
FROM_THE_COUNTY_UP = nobody(
    "county-officer",
    "county-chair",
    "rights-officer",
    "city-officer",
    "city-chair",
    "inspector",
    "province-officer",
    "province-chair",
)
FROM_THE_TOWNSHIP_UP = (*nobody("township-officer", "township-chair"), *FROM_THE_COUNTY_UP)
BETWEEN = nobody("township-officer", "township-chair", knows=Tier.SUMMARY)
"""Of an open matter that the county was let know of: that it is there."""
FROM_THE_CITY_UP = nobody("city-officer", "city-chair", "inspector", "province-officer", "province-chair")
"""They see a matter below them in counts, until it comes to them or is late."""
