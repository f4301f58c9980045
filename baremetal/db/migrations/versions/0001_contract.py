"""The contract branch begins: nothing to remove yet."""

revision = "c0001"
down_revision = None
branch_labels = ("contract",)
depends_on = None


def upgrade() -> None:
    """Remove nothing."""
