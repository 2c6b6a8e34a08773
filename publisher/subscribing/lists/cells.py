"""Cells of a table that a spreadsheet may open: none of ours is a formula."""

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "'")


def neutral(value: str) -> str:
    """A value that a spreadsheet could take for a formula gets an apostrophe before it; `plain` takes it away."""
    return f"'{value}" if value.startswith(_DANGEROUS) else value


def plain(cell: str) -> str:
    """What `neutral` was given; other cells stay as they are, but for white space around them."""
    cell = cell.strip(" \n\u00a0")
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_DANGEROUS) else cell
