"""Measures uploads, indexing and search of a running service.

usage: ADMIN_API_KEY=... python3 bench/knowledge.py PORT TEXTFILE    (start the service with RATE_LIMIT=0)
"""
import http.client
import json
import os
import random
import sys
import threading
import time

PORT, TEXT_FILE = int(sys.argv[1]), sys.argv[2]
DOCUMENTS, CONNECTIONS, PASSAGES, SEARCHES = 2500, 16, 10_000, 300
dice = random.Random(7)
words = [word for word in open(TEXT_FILE, errors="ignore").read().split() if word.isascii()]


def connect():
    return http.client.HTTPConnection("127.0.0.1", PORT)


def call(connection, method, path, body=None, key=None, headers=None):
    headers = {"Authorization": "Bearer " + (key or os.environ["ADMIN_API_KEY"]), "Content-Type": "application/json", **(headers or {})}
    connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]}")
    return json.loads(answer) if answer else None


def some_text():
    start = dice.randrange(len(words) - 500)
    return " ".join(words[start:start + 450])[:2000]


def upload(texts, lock, path, key):
    connection = connect()
    while True:
        with lock:
            text = next(texts, None)
        if text is None:
            return
        call(connection, "POST", path, {"text": text}, key)


def search(connection, mode, count, key):
    took = []
    for _ in range(count):
        start = dice.randrange(len(words) - 10)
        began = time.perf_counter()
        call(connection, "POST", "/search", {"query": " ".join(words[start:start + 8]), "mode": mode}, key)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return f"{mode}: p50 {took[len(took) // 2]:.1f} ms, p99 {took[int(len(took) * .99)]:.1f} ms"


def main():
    main_connection = connect()
    client = call(main_connection, "POST", "/clients", {"name": "Bench"})["id"]
    key = call(main_connection, "POST", f"/clients/{client}/keys", {"name": "bench", "scopes": ["knowledge:read", "knowledge:write"]})["secret"]
    collection = call(main_connection, "POST", "/collections", {"name": "Bench"}, key)["id"]
    path = f"/collections/{collection}/documents"
    texts, lock = iter([some_text() for _ in range(DOCUMENTS)]), threading.Lock()
    began = time.time()
    threads = [threading.Thread(target=upload, args=(texts, lock, path, key)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = time.time()
    while call(main_connection, "GET", f"{path}?status=queued&limit=1", None, key)["data"]:
        time.sleep(.05)
    print(f"accepted {DOCUMENTS / (accepted - began):.0f}/s, indexed {DOCUMENTS / (time.time() - began):.0f}/s")
    while (counts := call(main_connection, "GET", f"/collections/{collection}", None, key)["counts"])["chunks"] < PASSAGES:
        call(main_connection, "POST", path, {"text": "\n\n".join(some_text() for _ in range(100))}, key, {"Prefer": "wait=60"})
    print(counts)
    search(main_connection, "hybrid", 20, key)
    for mode in ("hybrid", "vector", "keyword"):
        print(search(main_connection, mode, SEARCHES, key))


main()
