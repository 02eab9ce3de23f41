"""Measures a sync of 500 tables and 50,000 indexed rows: time by phase, time until every row is found by a search, and peak memory of a service of its own.

usage: python3 bench/sync.py [tables=500] [rows=50000]    (needs git and a Release build: dotnet build -c Release src/AiBackend)
"""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from service import Service

TABLES = int(sys.argv[1]) if len(sys.argv) > 1 else 500
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
WORDS = """order parcel refund invoice customer ship warehouse return price colour size stock bill bank late early broken new blue green
paper coffee tea cup plate chair table lamp window door garden winter summer north south week month discount voucher member letter""".split()


def some_text(dice, words):
    return " ".join(dice.choice(WORDS) for _ in range(words))


def make_source(path):
    dice = random.Random(7)
    source = sqlite3.connect(path)
    for number in range(TABLES):
        columns = ", ".join(f"amount_{i} REAL, note_{i} TEXT, count_{i} INTEGER" for i in range(4))
        keys = "".join(f", parent_{i}_id INTEGER REFERENCES table_{(number - i - 1) // 2}(id)" for i in range(2) if number > i + 1)
        source.execute(f"CREATE TABLE table_{number} (id INTEGER PRIMARY KEY, made_at TIMESTAMP, {columns}{keys})")
    source.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, body TEXT, changed_at TIMESTAMP NOT NULL)")
    source.executemany(
        "INSERT INTO articles VALUES (?, ?, ?, ?)",
        ((i, some_text(dice, 5), some_text(dice, 60), f"2026-01-{1 + i % 28:02} 10:00:00") for i in range(1, ROWS + 1)))
    source.commit()
    return source


def sync(service, what, path, collection):
    service.reset_peak()
    before, began, phases, entered = service.memory("VmRSS"), time.time(), {}, time.time()
    job = service.call("POST", path, {})
    phase = job["phase"]
    while job["status"] in ("pending", "in_progress"):
        time.sleep(.05)
        job = service.call("GET", f"/semantic/sync-jobs/{job['id']}")
        if job["phase"] != phase:
            phases[phase], phase, entered = time.time() - entered, job["phase"], time.time()
    phases[phase] = time.time() - entered
    if job["status"] != "completed":
        raise RuntimeError(json.dumps(job, indent=2))
    print(f"{what}: {time.time() - began:.1f} s, resident {before} MB before, {service.memory('VmHWM')} MB at most; "
          + ", ".join(f"{name} {took:.2f} s" for name, took in phases.items()) + f"; rows {json.dumps(job.get('rows'))}")
    while service.call("GET", f"/collections/{collection}/documents?status=queued&limit=1")["data"]:
        time.sleep(.2)
    counts = service.call("GET", f"/collections/{collection}")["counts"]
    print(f"  searchable {time.time() - began:.1f} s after the sync began, {service.memory('VmHWM')} MB at most; collection {json.dumps(counts)}", flush=True)


def main():
    folder = tempfile.mkdtemp(prefix="aibackend-sync-")
    service = None
    try:
        source = make_source(os.path.join(folder, "source.db"))
        repository = os.path.join(folder, "models.git")
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", repository], check=True)
        service = Service(folder)
        client = service.call("POST", "/clients", {"name": "Bench"})["id"]
        service.client = client
        collection = service.call("POST", "/collections", {"name": "Articles"})["id"]
        store = service.call(
            "POST", f"/clients/{client}/data-stores", {"kind": "sqlite", "name": "source", "config": {"path": os.path.join(folder, "source.db")}})["id"]
        repository_id = service.call("POST", "/semantic/repositories", {"url": "file://" + repository, "is_default": True})["id"]
        layer = service.call("POST", "/semantic/layers", {"name": "bench", "repository_id": repository_id})["id"]
        service.call("POST", f"/semantic/layers/{layer}/data-stores", {
            "data_store_id": store,
            "documents": [{
                "table": "articles", "text_columns": ["body"], "title_column": "title", "id_column": "id", "updated_column": "changed_at",
                "collection_id": collection,
            }],
        })
        path = f"/semantic/layers/{layer}/data-stores/{store}/sync-jobs"
        sync(service, f"first sync of {TABLES + 1} tables and {ROWS} rows", path, collection)
        sync(service, "again without a change", path, collection)
        source.execute("UPDATE articles SET body = body || ' once more', changed_at = '2026-02-01 10:00:00' WHERE id % 100 = 0")
        source.execute("DELETE FROM articles WHERE id % 100 = 1")
        source.execute("ALTER TABLE table_3 ADD COLUMN more REAL")
        source.commit()
        sync(service, "after a new column, 1 % of the rows changed and 1 % removed", path, collection)
        print("commits: "
              + subprocess.run(["git", "-C", repository, "rev-list", "--count", "main"], capture_output=True, text=True, check=True).stdout.strip())
    finally:
        if service:
            service.end()
        shutil.rmtree(folder)


main()
