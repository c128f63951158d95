"""The instrument record: editing, publishing, importing, the text index."""
