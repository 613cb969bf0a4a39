"""What every forge promises, whatever is behind it.

A class per adapter inherits `ForgeContract` and gives the fixture `forge`: a fresh repository
whose main holds `SEED`.
"""

from tests.contracts.promotion_suite import PromotionContract
from tests.contracts.record_suite import RecordContract
from tests.contracts.tree_suite import TreeContract


class ForgeContract(TreeContract, PromotionContract, RecordContract):
    """The whole contract."""
