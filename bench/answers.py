"""Asks a layer questions in words over a real PostgreSQL through a real Cube, and compares the rows with those of SQL written by hand.

usage: python3 bench/answers.py <set> [<words of one question>]    e.g. clinic
A set is a folder of bench/answers: schema.sql, and questions.jsonl with lines {"id", "q", "sql": [every accepted reading; none: must be refused]}.
The day that the SQL calls today is 2026-11-23; today's takes its place. What came of each question is written to <set>.results.jsonl in the current folder.

Needs PostgreSQL's programs, git, npm, ../shared/tools/cube and a Release build: dotnet build -c Release src/AiBackend
"""
import collections
import datetime
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from service import ROOT, Service, free_port, wait_until_ready

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("SHARED_DIR") or os.path.join(os.path.dirname(ROOT), "shared")
SECRET = "bench-cube-secret-0123456789abcdef"
WRITTEN_ON = "2026-11-23"


class Postgres:
    def __init__(self, folder, schema):
        programs = os.path.dirname(shutil.which("initdb") or sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))[-1])
        self.psql, self.port, data = shutil.which("psql"), free_port(), os.path.join(folder, "postgres")
        os.mkdir(data)
        as_user = []
        if os.getuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(data, "nobody")
            as_user = ["runuser", "-u", "nobody", "--"]
        os.chmod(folder, 0o755)
        subprocess.run([*as_user, os.path.join(programs, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.process = subprocess.Popen(
            [*as_user, os.path.join(programs, "postgres"), "-D", data, "-p", str(self.port), "-k", data, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
             "-c", "timezone=UTC", "-c", "log_min_messages=fatal"], cwd="/", stderr=subprocess.DEVNULL)
        while subprocess.run([self.psql, *self.where(), "-c", "SELECT 1"], capture_output=True).returncode:
            time.sleep(.1)
        subprocess.run([self.psql, *self.where(), "-q", "-v", "ON_ERROR_STOP=1", "-f", schema], check=True, stdout=subprocess.DEVNULL)

    def where(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-X", "-d", "postgres"]

    def rows(self, sql):
        sql = sql.replace(WRITTEN_ON, datetime.date.today().isoformat())
        answer = subprocess.run([self.psql, *self.where(), "-At", "-F", "\x1f", "-R", "\x1e", "-P", "null=\x1d", "-c", sql], capture_output=True, text=True)
        if answer.returncode:
            raise RuntimeError(sql + "\n" + answer.stderr)
        text = answer.stdout.removesuffix("\n").removesuffix("\x1e")
        return [[cell(value) for value in row.split("\x1f")] for row in text.split("\x1e")] if text else []


def cell(value):
    """A value in one form, whichever of the two it came from."""
    if value is None or value == "\x1d":
        return None
    if isinstance(value, bool) or value in ("t", "f", "true", "false"):
        return value in (True, "t", "true")
    text = str(value)
    if re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", text, re.IGNORECASE):
        return float(f"{float(text):.6g}")
    moment = re.match(r"(\d{4}-\d\d-\d\d)([T ](\d\d:\d\d(:\d\d)?))?", text)
    if moment:
        clock = moment.group(3)
        return moment.group(1) if not clock or re.fullmatch("00:00(:00)?", clock) else f"{moment.group(1)} {clock}"
    return text


def same(expected, got):
    """Whether each column of the expected rows is a column of those that were got, row by row; the order of rows and further columns do not matter."""
    if len(expected) != len(got):
        return False
    if not expected:
        return True
    columns = [[row[i] for row in got] for i in range(len(got[0]))]
    wanted = [[row[i] for row in expected] for i in range(len(expected[0]))]
    count = collections.Counter
    candidates = [[i for i, column in enumerate(columns) if count(column) == count(want)] for want in wanted]

    def match(chosen):
        if len(chosen) == len(wanted):
            return count(zip(*wanted)) == count(zip(*(columns[i] for i in chosen)))
        return any(match([*chosen, i]) for i in candidates[len(chosen)] if i not in chosen)

    return match([])


def same_but_for_gaps(expected, got):
    """As above, where a time range's empty days and months may be rows of none or 0."""
    return same(expected, got) or same([row for row in expected if any_number(row)], [row for row in got if any_number(row)])


def any_number(row):
    return any(isinstance(value, float) and value for value in row) or not any(isinstance(value, (float, type(None))) for value in row)


class Layer:
    """The service with a layer over the database, synced, and a Cube that serves it."""

    def __init__(self, folder, postgres):
        repository, cube_port = os.path.join(folder, "models.git"), free_port()
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", repository], check=True)
        self.service = service = Service(folder, DATA_ALLOW_PRIVATE_NETWORKS="true")
        self.cube = subprocess.Popen(
            [os.path.join(SHARED, "tools", "cube", "run.sh"), "--work", os.path.join(tempfile.gettempdir(), "aibackend-cube"), "--model", folder, "--port", str(cube_port),
             "--secret", SECRET, "--config", os.path.join(ROOT, "deploy", "cube", "cube.js")], stdout=subprocess.DEVNULL, env={
                 **os.environ, "AI_BACKEND_URL": f"http://127.0.0.1:{service.port}", "SEMANTIC_REPOSITORY_URL": "file://" + repository,
                 "SEMANTIC_CACHE": os.path.join(folder, "cache.git")})
        try:
            wait_until_ready(self.cube, cube_port, "/livez")
            service.client = service.call("POST", "/clients", {"name": "Bench"})["id"]
            store = service.call("POST", f"/clients/{service.client}/data-stores", {"kind": "postgres", "name": "source", "config": {
                "host": "127.0.0.1", "port": postgres.port, "database": "postgres", "username": "postgres", "password": "none", "tls": "disable"}})["id"]
            repository_id = service.call("POST", "/semantic/repositories", {"url": "file://" + repository})["id"]
            server = service.call("POST", "/semantic/servers", {"name": "Cube", "engine": "cube", "url": f"http://127.0.0.1:{cube_port}", "api_secret": SECRET})["id"]
            self.id = service.call("POST", "/semantic/layers", {"name": "Bench", "repository_id": repository_id, "server_id": server})["id"]
            service.call("POST", f"/semantic/layers/{self.id}/data-stores", {"data_store_id": store})
            job = service.call("POST", f"/semantic/layers/{self.id}/data-stores/{store}/sync-jobs", {})
            while job["status"] in ("pending", "in_progress"):
                time.sleep(.1)
                job = service.call("GET", f"/semantic/sync-jobs/{job['id']}")
            if job["status"] != "completed":
                raise RuntimeError(json.dumps(job, indent=2))
        except Exception:
            self.end()
            raise

    def ask(self, question):
        return self.service.try_call("POST", f"/semantic/layers/{self.id}/query", {"question": question})

    def end(self):
        self.cube.terminate()
        self.cube.wait()
        self.service.end()


def judge(question, status, answer, postgres):
    """What came of a question: right, wrong, unsure (not what was meant, at a confidence below .7), refused, refused_rightly or failed; and rows to look at."""
    expected = [postgres.rows(sql) for sql in question["sql"]]
    if status == 422:
        return ("refused" if question["sql"] else "refused_rightly"), {"detail": answer["detail"]}
    if status != 200:
        return "failed", {"detail": answer}
    columns = [column["name"] for column in answer["columns"]]
    got = [[cell(row[column]) for column in columns] for row in answer["rows"]]
    outcome = "right" if any(same_but_for_gaps(rows, got) for rows in expected) else "wrong" if answer["confidence"] >= .7 else "unsure"
    return outcome, {
        "confidence": answer["confidence"], "explanation": answer["explanation"], "query": answer["query"], "rows": got[:6], "row_count": len(got),
        "expected": [rows[:6] for rows in expected], "expected_counts": [len(rows) for rows in expected],
    }


def main():
    name, words = sys.argv[1], " ".join(sys.argv[2:])
    folder, postgres, layer = tempfile.mkdtemp(prefix="aibackend-answers-"), None, None
    try:
        postgres = Postgres(folder, os.path.join(HERE, "answers", name, "schema.sql"))
        layer = Layer(folder, postgres)
        if words:
            print(json.dumps(layer.ask(words)[1], indent=1))
            return
        with open(os.path.join(HERE, "answers", name, "questions.jsonl")) as lines:
            questions = [json.loads(line) for line in lines if line.strip()]
        outcomes = collections.Counter()
        with open(name + ".results.jsonl", "w") as results:
            for question in questions:
                outcome, more = judge(question, *layer.ask(question["q"]), postgres)
                outcomes[outcome] += 1
                results.write(json.dumps({"id": question["id"], "outcome": outcome, "q": question["q"], **more, "sql": question["sql"]}) + "\n")
        print(f"{name}: {len(questions)} questions, of which {sum(not q['sql'] for q in questions)} must be refused: {dict(outcomes)}")
    finally:
        if layer:
            layer.end()
        if postgres:
            postgres.process.terminate()
            postgres.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
