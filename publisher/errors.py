"""What can go wrong, as one tree. Each error is one sentence for a person: what, which, what next.

    PublisherError              exit 1   the run failed
    |-- ConfigurationError      exit 78  publication.toml, publisher.env, a template, a missing secret
    |   `-- StoreLostError      exit 78  the store is gone or newer than the program, or cannot be trusted
    |-- TemporaryError          exit 75  try again later: locked, disk full, store away, network
    |-- UsageError              exit 2   the command was given something that it cannot take
    `-- LeftOutError            exit 65  done, but something of ours was left out

A bad article, a dead upstream or a refused recipient is no exception: those are values (`model.Problem`,
`delivering`), because the run goes on. Third-party exceptions are wrapped at the door that meets them, with `from`.
"""

from typing import ClassVar


class PublisherError(Exception):
    """The root; `exit_code` follows sysexits."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(PublisherError):
    """Something that the operator wrote cannot be used as it is."""

    exit_code = 78


class StoreLostError(ConfigurationError):
    """The store is missing, newer than this program, or damaged: nothing is done until a person has looked."""


class TemporaryError(PublisherError):
    """The same command may succeed later without anybody changing anything."""

    exit_code = 75


class UsageError(PublisherError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class LeftOutError(PublisherError):
    """The work is done, but something of the publication's own was left out; each piece has been named."""

    exit_code = 65
