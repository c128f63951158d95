"""What uses cost in the end: charges from the confirmed use on, until they are accepted, waived or cancelled."""
