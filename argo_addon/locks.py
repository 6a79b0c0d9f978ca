"""The operating system's lock on an open file, which ends with its process. It knows no file by name."""

from __future__ import annotations

import errno
import fcntl

_WITHOUT_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})
"""What file systems of clusters say that know no locks (Lustre without `flock`, some of NFS)."""


def locked(descriptor: int, *, wait: bool = False) -> bool:
    """Takes the lock, if need be after waiting for it; returns whether it was to be had.

    A file system without locks gives it to everybody. Raises OSError for what else is wrong.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
    return True
