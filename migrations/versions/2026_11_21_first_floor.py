"""first floor."""

import sqlalchemy as sa
from alembic import op

from booking.database import guards

revision = "2026_11_21_first_floor"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entries", "reservation_changes")


def upgrade() -> None:
    """first floor."""
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_handled_at", ["handled_at", "next_attempt_at"], unique=False)

    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_key", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_ins")),
    )
    with op.batch_alter_table("failed_sign_ins", schema=None) as batch_op:
        batch_op.create_index("ix_failed_sign_ins_account_key", ["account_key", "occurred_at"], unique=False)
        batch_op.create_index("ix_failed_sign_ins_address", ["address", "occurred_at"], unique=False)

    op.create_table(
        "feed_revisions",
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_revisions")),
    )
    op.create_table(
        "instrument_classes",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("parent_code", sa.String(length=6), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_code"],
            ["instrument_classes.code"],
            name=op.f("fk_instrument_classes_parent_code_instrument_classes"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_instrument_classes")),
    )
    with op.batch_alter_table("instrument_classes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instrument_classes_parent_code"), ["parent_code"], unique=False)

    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        sa.UniqueConstraint("job", "fire_at", name=op.f("uq_job_runs_job_fire_at")),
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_runs_started_at"), ["started_at"], unique=False)

    op.create_table(
        "places",
        sa.Column("adcode", sa.String(length=6), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("parent_adcode", sa.String(length=6), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["parent_adcode"], ["places.adcode"], name=op.f("fk_places_parent_adcode_places")),
        sa.PrimaryKeyConstraint("adcode", name=op.f("pk_places")),
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_places_parent_adcode"), ["parent_adcode"], unique=False)

    op.create_table(
        "subjects",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_subjects")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("credential_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("may_write", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_access_tokens_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_access_tokens_secret_hash")),
    )
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_entries_actor_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_occurred_at"), ["occurred_at"], unique=False)
        batch_op.create_index("ix_audit_entries_subject", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("scope_kind", sa.String(length=40), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("granted_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(scope_kind = 'platform') = (scope_id IS NULL)", name=op.f("ck_grants_scope_named")),
        sa.CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name=op.f("ck_grants_days_in_order")),
        sa.ForeignKeyConstraint(["granted_by_id"], ["users.id"], name=op.f("fk_grants_granted_by_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index("ix_grants_scope", ["scope_kind", "scope_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grants_user_id"), ["user_id"], unique=False)

    op.create_table(
        "idempotent_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=7), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotent_requests_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_requests")),
        sa.UniqueConstraint(
            "user_id", "method", "path", "key", name=op.f("uq_idempotent_requests_user_id_method_path_key")
        ),
    )
    with op.batch_alter_table("idempotent_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotent_requests_created_at"), ["created_at"], unique=False)

    op.create_table(
        "mailed_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mailed_tokens_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_mailed_tokens_secret_hash")),
    )
    with op.batch_alter_table("mailed_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mailed_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_mails_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mails_message_id")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mails_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mails_recipient"), ["recipient"], unique=False)
        batch_op.create_index("ix_mails_state_next_attempt_at", ["state", "next_attempt_at"], unique=False)

    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("adcode", sa.String(length=6), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("coordinate_precision", sa.String(length=80), nullable=False),
        sa.Column("website", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("country <> 'CN' OR adcode IS NOT NULL", name=op.f("ck_organisations_placed")),
        sa.ForeignKeyConstraint(["adcode"], ["places.adcode"], name=op.f("fk_organisations_adcode_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_organisations_name_zh")),
        sa.UniqueConstraint("uscc", name=op.f("uq_organisations_uscc")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisations_adcode"), ["adcode"], unique=False)

    op.create_table(
        "calendar_days",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_calendar_days_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
        sa.UniqueConstraint("organisation_id", "day", name=op.f("uq_calendar_days_organisation_id_day")),
    )
    with op.batch_alter_table("calendar_days", schema=None) as batch_op:
        batch_op.create_index(
            "uq_calendar_days_national",
            ["day"],
            unique=True,
            sqlite_where=sa.text("organisation_id IS NULL"),
            postgresql_where=sa.text("organisation_id IS NULL"),
        )

    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_units_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("organisation_id", "name_zh", name=op.f("uq_units_organisation_id_name_zh")),
    )
    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_units_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "instruments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("inner_id", sa.String(length=150), nullable=True),
        sa.Column("name_zh", sa.String(length=300), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("class_code", sa.String(length=6), nullable=True),
        sa.Column("subject_code", sa.String(length=3), nullable=True),
        sa.Column("belongs_to", sa.String(length=40), nullable=False),
        sa.Column("belongs_to_name", sa.String(length=200), nullable=False),
        sa.Column("adcode", sa.String(length=6), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("original_value_fen", sa.Integer(), nullable=True),
        sa.Column("acquisition", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("funding", sa.String(length=40), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("model", sa.String(length=300), nullable=False),
        sa.Column("manufacturer", sa.String(length=150), nullable=False),
        sa.Column("in_use_since", sa.Date(), nullable=True),
        sa.Column("indicators_zh", sa.String(length=1500), nullable=False),
        sa.Column("indicators_en", sa.String(length=3000), nullable=False),
        sa.Column("functions_zh", sa.String(length=900), nullable=False),
        sa.Column("functions_en", sa.String(length=1800), nullable=False),
        sa.Column("user_rules_zh", sa.String(length=1500), nullable=False),
        sa.Column("user_rules_en", sa.String(length=3000), nullable=False),
        sa.Column("fees_zh", sa.String(length=1500), nullable=False),
        sa.Column("fees_en", sa.String(length=3000), nullable=False),
        sa.Column("services_zh", sa.String(length=600), nullable=False),
        sa.Column("services_en", sa.String(length=1200), nullable=False),
        sa.Column("url", sa.String(length=100), nullable=False),
        sa.Column("yearly_running_hours", sa.Integer(), nullable=True),
        sa.Column("yearly_service_hours", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("postcode", sa.String(length=6), nullable=False),
        sa.Column("contact_visibility", sa.String(length=40), nullable=False),
        sa.Column("customs_declaration", sa.String(length=60), nullable=False),
        sa.Column("customs_released_on", sa.Date(), nullable=True),
        sa.Column("customs_supervised_until", sa.Date(), nullable=True),
        sa.Column("running_state", sa.String(length=40), nullable=False),
        sa.Column("share_mode", sa.String(length=40), nullable=False),
        sa.Column("not_shared_reason", sa.String(length=600), nullable=False),
        sa.Column("not_shared_approved_by", sa.String(length=80), nullable=False),
        sa.Column("booking_mode", sa.String(length=40), nullable=False),
        sa.Column("booking_url", sa.String(length=300), nullable=False),
        sa.Column("publishing_state", sa.String(length=40), nullable=False),
        sa.Column("withheld_reason", sa.String(length=600), nullable=False),
        sa.Column("hides_free_time", sa.Boolean(), nullable=False),
        sa.Column("hides_position", sa.Boolean(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("provenance", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("name_zh <> '' OR name_en <> ''", name=op.f("ck_instruments_named")),
        sa.CheckConstraint(
            "original_value_fen IS NULL OR original_value_fen >= 0",
            name=op.f("ck_instruments_value_not_negative"),
        ),
        sa.ForeignKeyConstraint(["adcode"], ["places.adcode"], name=op.f("fk_instruments_adcode_places")),
        sa.ForeignKeyConstraint(
            ["class_code"],
            ["instrument_classes.code"],
            name=op.f("fk_instruments_class_code_instrument_classes"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_instruments_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["subject_code"], ["subjects.code"], name=op.f("fk_instruments_subject_code_subjects")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_instruments_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruments")),
        sa.UniqueConstraint("organisation_id", "inner_id", name=op.f("uq_instruments_organisation_id_inner_id")),
    )
    with op.batch_alter_table("instruments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instruments_class_code"), ["class_code"], unique=False)
        batch_op.create_index("ix_instruments_publishing_state", ["publishing_state", "organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_instruments_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "booking_policies",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("grid_minutes", sa.Integer(), nullable=False),
        sa.Column("shortest_minutes", sa.Integer(), nullable=False),
        sa.Column("longest_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("cleanup_minutes", sa.Integer(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("allows_self", sa.Boolean(), nullable=False),
        sa.Column("allows_assisted", sa.Boolean(), nullable=False),
        sa.Column("closes_on_holidays", sa.Boolean(), nullable=False),
        sa.CheckConstraint("allows_self OR allows_assisted", name=op.f("ck_booking_policies_some_mode")),
        sa.CheckConstraint("grid_minutes IN (5, 10, 15, 30, 60)", name=op.f("ck_booking_policies_grid")),
        sa.CheckConstraint("notice_minutes >= 0 AND horizon_days > 0", name=op.f("ck_booking_policies_reach")),
        sa.CheckConstraint("setup_minutes >= 0 AND cleanup_minutes >= 0", name=op.f("ck_booking_policies_buffers")),
        sa.CheckConstraint(
            "shortest_minutes > 0 AND shortest_minutes <= longest_minutes",
            name=op.f("ck_booking_policies_lengths"),
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_booking_policies_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_booking_policies")),
    )
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(scope = 'mine') = (instrument_id IS NULL)", name=op.f("ck_feeds_scope_named")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.id"], name=op.f("fk_feeds_instrument_id_instruments")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_feeds_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_feeds_secret_hash")),
    )
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feeds_user_id"), ["user_id"], unique=False)

    op.create_table(
        "lane_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("own_instrument_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_lane_groups_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["own_instrument_id"],
            ["instruments.id"],
            name=op.f("fk_lane_groups_own_instrument_id_instruments"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_groups")),
        sa.UniqueConstraint("own_instrument_id", name=op.f("uq_lane_groups_own_instrument_id")),
    )
    with op.batch_alter_table("lane_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lane_groups_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_minute <= 1440", name=op.f("ck_opening_hours_within_day")),
        sa.CheckConstraint(
            "opens_minute >= 0 AND opens_minute < closes_minute", name=op.f("ck_opening_hours_in_order")
        ),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_opening_hours_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    with op.batch_alter_table("opening_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_hours_instrument_id"), ["instrument_id"], unique=False)

    op.create_table(
        "reservations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("booked_by_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=600), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=True),
        sa.Column("project_name", sa.String(length=200), nullable=False),
        sa.Column("project_number", sa.String(length=80), nullable=False),
        sa.Column("sample_count", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(asked_starts_at IS NULL) = (asked_ends_at IS NULL)", name=op.f("ck_reservations_asked_whole")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_reservations_positive_length")),
        sa.ForeignKeyConstraint(["booked_by_id"], ["users.id"], name=op.f("fk_reservations_booked_by_id_users")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_reservations_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("uid", name=op.f("uq_reservations_uid")),
    )
    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.create_index("ix_reservations_booked_by_id_starts_at", ["booked_by_id", "starts_at"], unique=False)
        batch_op.create_index("ix_reservations_instrument_id_starts_at", ["instrument_id", "starts_at"], unique=False)
        batch_op.create_index("ix_reservations_state_starts_at", ["state", "starts_at"], unique=False)

    op.create_table(
        "suspensions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_suspensions_positive_length")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_suspensions_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_suspensions_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_suspensions_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_suspensions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )
    with op.batch_alter_table("suspensions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suspensions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "test_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("standard", sa.String(length=200), nullable=False),
        sa.Column("range_zh", sa.String(length=300), nullable=False),
        sa.Column("range_en", sa.String(length=300), nullable=False),
        sa.Column("price_zh", sa.String(length=200), nullable=False),
        sa.Column("price_en", sa.String(length=200), nullable=False),
        sa.Column("turnaround_days", sa.Integer(), nullable=True),
        sa.Column("report_mark", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_test_items_instrument_id_instruments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_items")),
    )
    with op.batch_alter_table("test_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_test_items_instrument_id"), ["instrument_id"], unique=False)

    op.create_table(
        "blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("lane_group_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_blocks_positive_length")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_blocks_created_by_id_users")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instruments.id"], name=op.f("fk_blocks_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["lane_group_id"], ["lane_groups.id"], name=op.f("fk_blocks_lane_group_id_lane_groups")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.create_index("ix_blocks_instrument_id_starts_at", ["instrument_id", "starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_blocks_lane_group_id"), ["lane_group_id"], unique=False)

    op.create_table(
        "instrument_lane_groups",
        sa.Column("instrument_id", sa.Integer(), nullable=False),
        sa.Column("lane_group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instruments.id"],
            name=op.f("fk_instrument_lane_groups_instrument_id_instruments"),
        ),
        sa.ForeignKeyConstraint(
            ["lane_group_id"],
            ["lane_groups.id"],
            name=op.f("fk_instrument_lane_groups_lane_group_id_lane_groups"),
        ),
        sa.PrimaryKeyConstraint("instrument_id", "lane_group_id", name=op.f("pk_instrument_lane_groups")),
    )
    with op.batch_alter_table("instrument_lane_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instrument_lane_groups_lane_group_id"), ["lane_group_id"], unique=False)

    op.create_table(
        "lanes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lane_group_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["lane_group_id"], ["lane_groups.id"], name=op.f("fk_lanes_lane_group_id_lane_groups")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lanes")),
        sa.UniqueConstraint("lane_group_id", "position", name=op.f("uq_lanes_lane_group_id_position")),
    )
    op.create_table(
        "reservation_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_reservation_changes_actor_id_users")),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_reservation_changes_reservation_id_reservations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation_changes")),
    )
    with op.batch_alter_table("reservation_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservation_changes_reservation_id"), ["reservation_id"], unique=False)

    op.create_table(
        "reservation_people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_reservation_people_reservation_id_reservations"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reservation_people_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation_people")),
    )
    with op.batch_alter_table("reservation_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservation_people_reservation_id"), ["reservation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservation_people_user_id"), ["user_id"], unique=False)

    op.create_table(
        "block_conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("block_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name=op.f("fk_block_conflicts_block_id_blocks")),
        sa.ForeignKeyConstraint(
            ["reservation_id"],
            ["reservations.id"],
            name=op.f("fk_block_conflicts_reservation_id_reservations"),
        ),
        sa.ForeignKeyConstraint(["settled_by_id"], ["users.id"], name=op.f("fk_block_conflicts_settled_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_conflicts")),
        sa.UniqueConstraint("block_id", "reservation_id", name=op.f("uq_block_conflicts_block_id_reservation_id")),
    )
    with op.batch_alter_table("block_conflicts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_conflicts_reservation_id"), ["reservation_id"], unique=False)

    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lane_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("block_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(reservation_id IS NULL) <> (block_id IS NULL)", name=op.f("ck_claims_one_holder")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_claims_positive_length")),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name=op.f("fk_claims_block_id_blocks")),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"], name=op.f("fk_claims_lane_id_lanes")),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_claims_reservation_id_reservations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_block_id"), ["block_id"], unique=False)
        batch_op.create_index("ix_claims_lane_id_starts_at", ["lane_id", "starts_at", "ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_reservation_id"), ["reservation_id"], unique=False)

    op.create_table(
        "feed_bodies",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("validator", sa.String(length=120), nullable=False),
        sa.Column("etag", sa.String(length=64), nullable=False),
        sa.Column("plain", sa.LargeBinary(), nullable=False),
        sa.Column("gzipped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_bodies_feed_id_feeds")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_feed_bodies")),
    )
    op.create_table(
        "feed_fragments",
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("stamp", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservations.id"], name=op.f("fk_feed_fragments_reservation_id_reservations")
        ),
        sa.PrimaryKeyConstraint("reservation_id", "audience", name=op.f("pk_feed_fragments")),
    )

    guards.refuse_overlapping_claims(op.get_bind())
    for table in APPEND_ONLY:
        guards.make_append_only(op.get_bind(), table)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("feed_fragments")
    op.drop_table("feed_bodies")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claims_reservation_id"))
        batch_op.drop_index("ix_claims_lane_id_starts_at")
        batch_op.drop_index(batch_op.f("ix_claims_block_id"))

    op.drop_table("claims")
    with op.batch_alter_table("block_conflicts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_block_conflicts_reservation_id"))

    op.drop_table("block_conflicts")
    with op.batch_alter_table("reservation_people", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reservation_people_user_id"))
        batch_op.drop_index(batch_op.f("ix_reservation_people_reservation_id"))

    op.drop_table("reservation_people")
    with op.batch_alter_table("reservation_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reservation_changes_reservation_id"))

    op.drop_table("reservation_changes")
    op.drop_table("lanes")
    with op.batch_alter_table("instrument_lane_groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instrument_lane_groups_lane_group_id"))

    op.drop_table("instrument_lane_groups")
    with op.batch_alter_table("blocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blocks_lane_group_id"))
        batch_op.drop_index("ix_blocks_instrument_id_starts_at")

    op.drop_table("blocks")
    with op.batch_alter_table("test_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_test_items_instrument_id"))

    op.drop_table("test_items")
    with op.batch_alter_table("suspensions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suspensions_user_id"))

    op.drop_table("suspensions")
    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.drop_index("ix_reservations_state_starts_at")
        batch_op.drop_index("ix_reservations_instrument_id_starts_at")
        batch_op.drop_index("ix_reservations_booked_by_id_starts_at")

    op.drop_table("reservations")
    with op.batch_alter_table("opening_hours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_hours_instrument_id"))

    op.drop_table("opening_hours")
    with op.batch_alter_table("lane_groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lane_groups_organisation_id"))

    op.drop_table("lane_groups")
    with op.batch_alter_table("feeds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feeds_user_id"))

    op.drop_table("feeds")
    op.drop_table("booking_policies")
    with op.batch_alter_table("instruments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instruments_unit_id"))
        batch_op.drop_index("ix_instruments_publishing_state")
        batch_op.drop_index(batch_op.f("ix_instruments_class_code"))

    op.drop_table("instruments")
    with op.batch_alter_table("units", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_units_organisation_id"))

    op.drop_table("units")
    with op.batch_alter_table("calendar_days", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_calendar_days_national",
            sqlite_where=sa.text("organisation_id IS NULL"),
            postgresql_where=sa.text("organisation_id IS NULL"),
        )

    op.drop_table("calendar_days")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisations_adcode"))

    op.drop_table("organisations")
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.drop_index("ix_mails_state_next_attempt_at")
        batch_op.drop_index(batch_op.f("ix_mails_recipient"))
        batch_op.drop_index(batch_op.f("ix_mails_event_id"))

    op.drop_table("mails")
    with op.batch_alter_table("mailed_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mailed_tokens_user_id"))

    op.drop_table("mailed_tokens")
    with op.batch_alter_table("idempotent_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotent_requests_created_at"))

    op.drop_table("idempotent_requests")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_user_id"))
        batch_op.drop_index("ix_grants_scope")

    op.drop_table("grants")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_subject")
        batch_op.drop_index(batch_op.f("ix_audit_entries_occurred_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_actor_id"))

    op.drop_table("audit_entries")
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_tokens_user_id"))

    op.drop_table("access_tokens")
    op.drop_table("users")
    op.drop_table("subjects")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_places_parent_adcode"))

    op.drop_table("places")
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_runs_started_at"))

    op.drop_table("job_runs")
    with op.batch_alter_table("instrument_classes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instrument_classes_parent_code"))

    op.drop_table("instrument_classes")
    op.drop_table("feed_revisions")
    with op.batch_alter_table("failed_sign_ins", schema=None) as batch_op:
        batch_op.drop_index("ix_failed_sign_ins_address")
        batch_op.drop_index("ix_failed_sign_ins_account_key")

    op.drop_table("failed_sign_ins")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_handled_at")

    op.drop_table("events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
