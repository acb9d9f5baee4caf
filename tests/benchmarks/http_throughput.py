"""Turns a second over HTTP: one worker, 16 conversations at once, on the shipped project (Rasa's REST channel).

Rasa 3.6.21 does 31 a second with a form of 12 slots on two cores, its driver on the same machine. The driver here is
a process of its own as well: this one.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx
import orjson

from tests.benchmarks.turn_latency import SHIPPED_TEXTS

CONVERSATIONS = 16
ROUNDS = 5
RASA_TURNS_A_SECOND = 31.0


def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [str(Path(sys.executable).with_name("connecteur")), "serve", "--port", str(port)],
            env={**os.environ, "CONNECTEUR_DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite'}"},
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            asyncio.run(_drive(port, 1))  # warm
            busy, started = _processor_s(server.pid), time.perf_counter()
            times = asyncio.run(_drive(port, ROUNDS))
            rate = len(times) / (time.perf_counter() - started)
            busy = _processor_s(server.pid) - busy
        finally:
            server.terminate()
            server.wait(30)
    times.sort()
    print(
        f"{CONVERSATIONS} conversations at once, {len(times)} turns: {rate:.0f} turns/s"
        f" ({rate / RASA_TURNS_A_SECOND:.1f} times Rasa's {RASA_TURNS_A_SECOND:.0f}),"
        f" p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms"
    )
    if busy:
        print(
            f"processor time of the server: {busy / len(times) * 1000:.2f} ms a turn "
            "(what it waited for a busy machine is not in it)"
        )


def _processor_s(pid: int) -> float:
    """Seconds of processor that a process has used; 0 where the system does not tell it so."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise TimeoutError("the server did not start")


async def _drive(port: int, rounds: int) -> list[float]:
    conversations = [_converse(port, rounds) for _ in range(CONVERSATIONS)]
    return [spent for times in await asyncio.gather(*conversations) for spent in times]


async def _converse(port: int, rounds: int) -> list[float]:
    """Play the texts by new senders, one turn after the other, on one connection; the seconds of each turn."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(rounds):
        sender = uuid.uuid4().hex
        for text in SHIPPED_TEXTS:
            body = orjson.dumps({"sender": sender, "message": text})
            started = time.perf_counter()
            writer.write(
                b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            replies = await reader.readexactly(length)
            times.append(time.perf_counter() - started)
            if b" 200 " not in head.split(b"\r\n")[0] or replies == b"[]":
                raise RuntimeError(f"{text!r} was answered {head!r} {replies[:200]!r}")
    writer.close()
    return times


if __name__ == "__main__":
    main()
