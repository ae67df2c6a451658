"""A whole counter for the tests, started as a newcomer starts it."""

import os
import socket
import subprocess
import tempfile
import time

PROGRAM = os.environ["PROGRAM_OF_LOKET"]
PATIENCE = 90


class Counter:
    """`loket` with the gateway and all ministries, on free ports, in a folder of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        sockets = [socket.socket() for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        self.public, self.operations, self.desk = (one.getsockname()[1] for one in sockets)
        for one in sockets:
            one.close()
        self.environment = dict(
            os.environ,
            LOKET_PUBLIC=f"127.0.0.1:{self.public}",
            LOKET_OPERATIONS=f"127.0.0.1:{self.operations}",
            LOKET_DESK=f"127.0.0.1:{self.desk}",
            LOKET_DATA_DIR=self.folder.name,
            LOKET_PUBLIC_URL=f"http://127.0.0.1:{self.public}",
            LOKET_OPERATIONS_URL=f"http://127.0.0.1:{self.operations}",
        )
        self.output = open(os.path.join(self.folder.name, "output"), "w+")
        self.process = subprocess.Popen(
            [PROGRAM, "--supervised"],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        self.until(lambda: "Loket is open" in self.said(), "the counter to open")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.output.close()
        self.folder.cleanup()

    def said(self):
        with open(self.output.name) as output:
            return output.read()

    def pid(self, part):
        """The process of one of its parts, as it printed it."""
        words = [line.split() for line in self.said().splitlines()]
        return next(int(line[1]) for line in words if line[:1] == [part])

    def until(self, true, what):
        """Waits until something is true, with patience; then says what it was waiting for."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"waited in vain for {what}:\n{self.said()}")
            time.sleep(0.1)

    def loket(self, *arguments):
        """Runs the command line against this counter."""
        done = subprocess.run([PROGRAM, *arguments], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"loket {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def token(self, kind, who):
        return self.loket("token", f"--{kind}", who)
