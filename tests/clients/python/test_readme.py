"""What the README tells to type is typed, in fresh shells, and does what it says."""

import os
import re
import signal
import subprocess
import sys
import threading
import unittest

from counter import PROGRAM, Counter
from ministries import ROOT

README = os.path.join(ROOT, "README.md")
JOB_LOSS = os.path.join(ROOT, "services", "examples", "job-loss-python", "README.md")
EXAMPLES = os.path.join(ROOT, "services", "examples")
EXPORT = 'export PATH="$PWD/target/release:$PATH" LOKET_DATA_DIR="$PWD/loket-data"'
GENERATED = os.environ["PYTHONPATH"].split(":")[0]


def commands(path, section=None):
    """The commands in the indented or fenced blocks of a section, each in one line."""
    with open(path) as file:
        text = file.read()
    if section:
        text = text.split(f"## {section}\n")[1].split("\n## ")[0]
    lines = []
    for line in text.splitlines():
        fenced = re.match(r"^(?:\$ |    )\s*(\S.*)$", line)
        if lines and lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1] + line.strip()
        elif fenced:
            lines.append(fenced.group(1))
    return lines


class Readme(unittest.TestCase):
    def setUp(self):
        self.counter = self.enterContext(Counter())
        self.port = free_port()
        self.running = []
        self.addCleanup(self.end)

    def end(self):
        for process, reader in self.running:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            reader.join()
            process.stdout.close()

    def here(self, command):
        """As it runs where the tests are: another folder of the program and of what is generated, other ports."""
        python = os.path.dirname(sys.executable)
        for told, done in [
            (r"PYTHONPATH=generated:\.", f"PYTHONPATH={GENERATED}:."),
            (r"PYTHONPATH=generated", f"PYTHONPATH={GENERATED}"),
            (r"^python ", f"{python}/python "),
            (r"(?<= )python (?=\S+\.py)", f"{python}/python "),
            (r"--port \d+", f"--port {self.port}"),
            (r"127\.0\.0\.1:50061", f"127.0.0.1:{self.port}"),
            (r" &$", ""),
        ]:
            command = re.sub(told, done, command)
        return command

    def environment(self):
        folder = os.path.dirname(PROGRAM)
        paths = {"PATH": f"{folder}:{os.environ['PATH']}", "LOKET_DESK_URL": f"http://127.0.0.1:{self.counter.desk}"}
        return dict(self.counter.environment, **paths, PYTHONPATH=f"{GENERATED}:.")

    def type(self, command, folder=EXAMPLES):
        done = subprocess.run(
            ["bash", "-c", self.here(command)], cwd=folder, env=self.environment(), capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, command, until):
        """Types a command that stays, and waits until it says this."""
        said = []
        process = subprocess.Popen(
            ["bash", "-c", self.here(command)], cwd=self.counter.folder.name if "library" in command else EXAMPLES,
            env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )
        reader = threading.Thread(target=lambda: said.extend(process.stdout), daemon=True)
        reader.start()
        self.running.append((process, reader))
        self.counter.until(lambda: any(until in line for line in said) or process.poll() is not None, until)
        self.assertIsNone(process.poll(), f"{command}\n{''.join(said)}")
        return "".join(said)

    def test_the_ten_minutes(self):
        told = commands(README, "Your first own service, in ten minutes")
        export, build, rust, *_ = told
        self.assertEqual(export, EXPORT)
        # What is built here is what is built there, and the library in Rust has a test of its own.
        self.assertEqual(build, "cargo build --release -p loket -p library")
        self.assertEqual(rust, 'library "$(loket token --agency library)"')
        one = lambda words: next(command for command in told if words in command)
        self.assertIn("pip install -r requirements.txt && ./generate generated", one("python3 -m venv"))
        library = one("library.py").replace("library-python/", f"{EXAMPLES}/library-python/")
        said = self.start(library, "registered ['library/first-card']")
        self.assertIn("loket grant give population-register person.number library/first-card", said)
        port = re.search(r"127\.0\.0\.1:(\d+)", said).group(1)
        self.assertIn("library/first-card", self.type(one("plan show")))
        self.type(one("grant give"))
        self.counter.until(lambda: "request.person_number" not in self.type(one("plan show")), "the plan")
        self.assertIn("library/first-card", self.type(one("case open birth --sample")))
        self.type(one("agency check").replace("PORT", port))
        self.start(one("swimming.py"), "the pools are open")
        said = self.start(one("agency register swimming"), "the lease is renewed")
        self.type(re.search(r"loket grant give .*", said).group(0))
        for words in ["dictionary put", "life-event put"]:
            self.type(one(words))

    def test_three_things_to_try(self):
        export, *told = commands(README, "Three things to try")
        self.assertEqual(export, EXPORT)
        opened = self.type(told[0])
        case = re.search(r"case (\S+) \(", opened).group(1)
        self.assertIn("completed", opened)
        self.assertIn("civil-registry/birth-registration", self.type(told[1]))
        self.assertIn("civil-registry", self.type(told[2].replace("CASE", case)))

    def test_a_fourth_life_event(self):
        told = commands(JOB_LOSS)
        one = lambda words: next(command for command in told if words in command)
        for words in ["dictionary put", "life-event put"]:
            self.type(one(words))
        self.started(one("employment-office --token"))
        self.started(one("unemployment-fund --token"))
        self.type(one("grant give"))
        self.counter.until(lambda: "can be reported" in line(self.type("loket life-event list"), "job-loss"), "the plan")
        self.assertIn("job.employer", self.type(one("life-event show")))
        self.assertIn("completed", self.type(one("case open job-loss")))

    def started(self, command):
        books = f" --books {self.counter.folder.name}/{len(self.running)}.db"
        self.start(command.removesuffix(" &") + books, "registered [")


def line(text, begins):
    return next((line for line in text.splitlines() if line.startswith(begins)), "")


def free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


if __name__ == "__main__":
    unittest.main()
