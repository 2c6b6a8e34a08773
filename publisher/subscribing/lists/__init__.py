"""Lists of subscribers as other services write them, and as we do.

A row's way: `columns_of` the header, `read` what the row says of one person, `step` beside what is known of them. No
column has to be named by anybody.
"""

from publisher.subscribing.lists.cells import neutral, plain
from publisher.subscribing.lists.columns import Columns, columns_of
from publisher.subscribing.lists.entry import Entry, Rejected, read
from publisher.subscribing.lists.merging import Known, Step, step

__all__ = ["Columns", "Entry", "Known", "Rejected", "Step", "columns_of", "neutral", "plain", "read", "step"]
