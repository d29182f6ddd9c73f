"""The borders: each translates one dialect to our types and back; none decides anything."""
