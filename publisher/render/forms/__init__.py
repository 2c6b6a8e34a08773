"""What somebody meets who joins, chooses or leaves: the pages that `serve` answers with, and the mails around them."""
