"""ALSA's library writes its troubles to standard error, in the midst of whatever stands there.

PortAudio reports what matters of them, and a buffer that ran dry is told to the stream's callback.
"""

from __future__ import annotations

import ctypes
import functools


@functools.cache
def keep_quiet() -> None:
    """Let it write nothing, in this process; where it is not installed there is nothing to do.

    Its handler is a function of C without arguments or effect: one of Python would have the
    sound's own thread wait for the interpreter, also for one that has ended.
    """
    try:
        set_handler = ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler
    except (OSError, AttributeError):
        return
    set_handler(ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p))
