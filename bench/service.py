"""A Release build of the service as a process of its own, for the measuring programs here: over an empty data folder, on a free port."""
import http.client
import json
import os
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ADMIN = "bench-admin-key-0123456789abcdef"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_until_ready(process, port, path):
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError("it did not start")
        time.sleep(.1)


class Service:
    """Ends by `end`. What is called goes to `client` where one is set."""

    def __init__(self, folder, **settings):
        self.port, self.client = free_port(), None
        self.process = subprocess.Popen(
            ["dotnet", os.path.join(ROOT, "artifacts", "bin", "AiBackend", "release", "AiBackend.dll")], cwd=folder, env={
                **os.environ, "ADMIN_API_KEY": ADMIN, "ENCRYPTION_KEY": "bench-encryption-key-0123456789", "PORT": str(self.port), "RATE_LIMIT": "0",
                "DATA_DIR": os.path.join(folder, "data"), "DATA_ALLOWED_PATHS": folder, "LOG_LEVEL": "Warning", "SEED_DEMO": "false", **settings})
        wait_until_ready(self.process, self.port, "/health/ready")

    def try_call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": "Bearer " + ADMIN, "Content-Type": "application/json", **({"X-Client-Id": self.client} if self.client else {})}
        connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")

    def call(self, method, path, body=None):
        status, answer = self.try_call(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def memory(self, what):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith(what))

    def reset_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as clear:
            clear.write("5")

    def end(self):
        self.process.terminate()
        self.process.wait()
