"""The operating system's lock on an open file, which ends with its process. It knows no file by name."""

from __future__ import annotations

import errno
import fcntl

_WITHOUT_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})
"""What file systems of clusters say that know no locks (Lustre without `flock`, some of NFS)."""


def locked(descriptor: int, *, wait: bool = False, shared: bool = False) -> bool:
    """Takes the lock, if need be after waiting for it; returns whether it was to be had.

    `shared` is for those who only look: they hinder nobody else who looks. A file system without locks gives it to
    everybody. Raises OSError for what else is wrong.
    """
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
    return True
