"""The error tree. Everything that Threadwise raises on purpose is one of these.

ThreadwiseError
├── DocumentError    a page, export or row file that cannot be read
├── RowError         one line of input that is not what its contract says
├── ConfigError      a setting or an option that is wrong or unknown
├── ModelError       a release or backbone that is missing, damaged or of another version
└── StoreError       the database cannot be used

A message says what is wrong, where, and what to do. The front door prints it as one line; nothing else of the trace is shown.
"""


class ThreadwiseError(Exception):
    """Root of the tree; its text is meant for a person."""


class DocumentError(ThreadwiseError):
    """A document cannot be read at all: empty, binary, over the size limit, or an export that holds many pages."""


class RowError(ThreadwiseError):
    """A line of an input file breaks the contract: no JSON object, a missing or wrong member."""


class ConfigError(ThreadwiseError):
    """A setting is unknown or has a wrong type or value; the message names the nearest known one."""


class ModelError(ThreadwiseError):
    """A released model or backbone file is missing, damaged (hash) or of an unknown version."""


class StoreError(ThreadwiseError):
    """The database cannot be opened, migrated or written."""
