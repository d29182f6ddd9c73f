"""What readers of pages have in common (`serve.apart`): to import this loads the parser, its rules and its languages, once for all."""

import seeds
import serve.apart
import serve.commands  # which the front door imports, and every process that it begins
import serve.reading  # noqa: F401

for _page in (
    "A title\n\nThis sentence is long enough to have its language told.",
    "<html><body><p>So is this one, I think.</p></body></html>",
):
    seeds.parse(_page)
