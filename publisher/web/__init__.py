"""What answers at the publication's address: the release, and the pages on which readers join, choose and leave.

No script, no cookie. GET and HEAD change nothing, so that whatever opens links by itself does no harm.
"""
