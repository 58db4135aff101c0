"""The first process of a namespace: starts a program, reaps what others leave behind, ends with it.

    unshare --net --pid --fork --kill-child --mount-proc python init.py PROGRAM ARGUMENT...

Once it has ended the system kills all that is left in the namespace, Ray's many processes included.
"""

import os
import subprocess
import sys


def main(command: list[str]) -> int:
    """Run a program to its end, with the loopback device alone; gives its exit code."""
    subprocess.run(["/usr/bin/env", "ip", "link", "set", "lo", "up"], check=True)
    child = subprocess.Popen(command).pid
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
