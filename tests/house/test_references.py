"""No column names a row of another table unknown to the database, without somebody who looks after it."""

from models.base import Base

LOOKED_AFTER = {
    ("attachments", "owner_id"): "an undone import keeps records that have files; enquiries and orders stay",
    ("audit_entries", "subject_id"): "entries outlive what they are about; audit_reach asks whose it was then",
    ("grants", "scope_id"): "an undone import keeps records and units that somebody has a role at",
    ("imported_rows", "instrument_id"): "what has the number now is compared before an undo changes it",
    ("imported_rows", "test_item_id"): "what has the number now is compared before an undo changes it",
    ("instrument_listings", "photo_id"): "written anew with every change of a record's files",
    ("listing_removals", "instrument_id"): "names what has gone",
}
NOT_OF_OURS = {"request_id", "message_id", "inner_id", "to_inner_id"}


def test_every_reference_that_the_database_does_not_keep_is_looked_after() -> None:
    unkept = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_id") and not column.foreign_keys and column.name not in NOT_OF_OURS
    }

    assert unkept == set(LOOKED_AFTER)
