"""Every exception of ours, in one tree.

    ConnecteurError                 something a person can cure; exit code 2
    ├── SettingsError               an environment variable or connecteur.toml
    ├── ContentError                a file of a project: carries file and line
    │   └── ProjectFileError        … one that Rasa would refuse too (domain, rule, story, form, NLU)
    ├── StoreError                  the database
    │   ├── StoreUnavailableError   cannot be opened, is full, is locked for too long
    │   └── StoreVersionError       made by a newer program
    ├── ActionError                 an action raised, timed out, or its server is down
    │   └── UnknownActionError      nobody registered that name
    └── ChannelError                a channel's own trouble (token revoked, port taken)

An exception knows the code with which the program ends (`exit_code`) and says in French or English, in the
words of who must act, what is wrong, where, and what to do. The command line prints it without a traceback.
"""

from __future__ import annotations


class ConnecteurError(Exception):
    """Root of the tree: something a person can cure."""

    exit_code = 2


class SettingsError(ConnecteurError):
    """A setting is missing or cannot be read."""


class ContentError(ConnecteurError):
    """A content file is wrong; the message begins with `file:line:` where they are known."""

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        self.message = message
        self.file = file
        self.line = line
        where = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(where + message)


class ProjectFileError(ContentError):
    """A domain, rule, story, form or NLU file that the real Rasa would refuse too."""


class StoreError(ConnecteurError):
    """The database refused."""


class StoreUnavailableError(StoreError):
    """The database cannot be opened, is full, or stays locked."""


class StoreVersionError(StoreError):
    """The database was made by a newer program than this one."""


class ActionError(ConnecteurError):
    """An action raised, timed out, or its server is down."""


class UnknownActionError(ActionError):
    """Nobody registered an action of that name."""


class ChannelError(ConnecteurError):
    """A channel cannot work: a token revoked, a port taken."""
