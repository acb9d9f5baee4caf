"""A reply that must wait is waited for by who sends it: nothing of that is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("outbox", "attempts")
    op.drop_column("outbox", "next_attempt_at")


def downgrade() -> None:
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("next_attempt_at", sa.Float(), nullable=False, server_default="0"))
