"""The last file of its group: what all the others did stands in the read model as it would be built from the topics."""

import pytest

from gateway.readmodel.tables import MODEL_TABLES
from tests.harness import Harness


@pytest.mark.timeout(600)  # every fact of the group is taken once more
async def test_the_model_of_everything_that_happened_is_built_alike(system: Harness) -> None:
    await system.settle()
    found = await system.system.wiring.rebuild(check_only=True)
    assert found.agrees, {line.table: line.differing for line in found.tables if not line.agrees}
    assert [line.table for line in found.tables] == list(MODEL_TABLES)
    # Tests of the inbox hand facts in that no topic tells: what they changed, if anything, must be gone again.
    assert found.missed == 0
