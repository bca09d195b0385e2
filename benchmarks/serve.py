"""A service under load → benchmarks/results/serve.json: requests a second and latency, beside the models in-process.

    python benchmarks/serve.py --logo models/logo --sentiment models/sentiment --pictures data/logo/pictures/images

The service is `brandlens serve` in a process of its own; the clients are here, on the loopback address, each with one
connection and one request in progress. picture: one JPEG a request; text: one review; texts: 64 reviews. in_process:
the same items a second by the same models called directly, with the same items a call, from as many threads as there
are clients or, if that is less, cores; it is measured just before and just after every run of clients, since the
machine may have other work. ratio: served items a second over that, the median of --rounds. p99_over_lone_p50: p99 in
units of the p50 of one client; of work that fills every core, 8 clients cannot have less than 8 / cores.
memory: resident MiB of the service after each minute of --minutes with 8 clients. Prints one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from brandlens import onnx_runtime
from brandlens.datasets import tables
from brandlens.logo.predictor import LogoPredictor
from brandlens.sentiment.predictor import SentimentPredictor

RESULTS = Path(__file__).parent / "results" / "serve.json"
CLIENTS = (1, 8, 64)
TEXTS = 64  # a request of `texts`
Call = Callable[[], object]


class Workload:
    """Requests of a kind, and the same calls in this process."""

    def __init__(
        self, path: str, content_type: str, bodies: Sequence[bytes], calls: Sequence[Call], items: int
    ) -> None:
        self.requests = [
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
            for body in bodies
        ]
        self.calls, self.items = calls, items

    def in_process(self, threads: int, seconds: float) -> tuple[float, list[float]]:
        """Return items a second of calls from so many threads, and the seconds of each call."""
        start = time.perf_counter()
        latencies = list[float]()

        def call(offset: int) -> None:
            count = offset
            while (begin := time.perf_counter()) < start + seconds:
                self.calls[count % len(self.calls)]()
                latencies.append(time.perf_counter() - begin)
                count += 1

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(call, range(threads)))
        return len(latencies) * self.items / (time.perf_counter() - start), latencies

    async def served(self, port: int, num_clients: int, seconds: float) -> tuple[float, list[float]]:
        """Return items a second of so many clients, and the seconds of each request."""
        latencies = list[float]()
        start = time.perf_counter()

        async def client(offset: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
            count = offset
            while time.perf_counter() < start + seconds:
                sent = time.perf_counter()
                writer.write(self.requests[count % len(self.requests)])
                await read_answer(reader)
                latencies.append(time.perf_counter() - sent)
                count += 1
            writer.close()

        await asyncio.gather(*map(client, range(num_clients)))
        return len(latencies) * self.items / (time.perf_counter() - start), latencies


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """Return the body of an answer with status 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    body = await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
    assert head.startswith(b"http/1.1 200"), head + body
    return body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logo", type=Path, required=True, help="folder of a detector")
    parser.add_argument("--sentiment", type=Path, required=True, help="folder of a classifier")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of JPEGs")
    parser.add_argument("--reviews", type=Path, help="table with a column text; default: the sample's")
    parser.add_argument("--seconds", type=float, default=4, help="of each run; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--only", choices=("picture", "text", "texts"), help="measure this alone, and write no file")
    parser.add_argument("--minutes", type=float, default=0, help="of the look at memory; default: none")
    arguments = parser.parse_args()
    process, port, start_seconds = start(arguments.logo, arguments.sentiment)
    try:
        result: dict[str, Any] = {"cores": onnx_runtime.cores(), "start_seconds": start_seconds}
        workloads = make_workloads(arguments)
        for name, workload in workloads.items():
            if arguments.only in (None, name):
                result[name] = measure(workload, port, arguments.seconds, arguments.rounds)
        if arguments.minutes:
            result["memory"] = watch_memory(workloads, port, process.pid, arguments.minutes)
    finally:
        process.terminate()
        assert process.wait(60) == 0
    if not arguments.only:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def start(logo: Path, sentiment: Path) -> tuple[subprocess.Popen[str], int, float]:
    """Start the service; returns the process, its port, and the seconds to the first answer that it is ready."""
    begin = time.perf_counter()
    command = [
        sys.executable, "-c", "from brandlens.cli.main import main; main()", "serve", "--port", "0",
        "--logo", str(logo), "--sentiment", str(sentiment),
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    port = int(process.stderr.readline().split()[1].rpartition(":")[2])

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await read_answer(reader)
        writer.close()

    asyncio.run(ask())
    return process, port, round(time.perf_counter() - begin, 2)


def make_workloads(arguments: argparse.Namespace) -> dict[str, Workload]:
    """Return what is measured."""
    detector = LogoPredictor.load(arguments.logo, threads=1)
    scorer = SentimentPredictor.load(arguments.sentiment, threads=1)
    pictures = [path.read_bytes() for path in sorted(arguments.pictures.glob("*.jpg"))[:64]]
    table = arguments.reviews or Path(__file__).parents[1] / "data" / "sentiment" / "sample.csv"
    texts = [row.text for row in tables.read_rows(table, "text")][: TEXTS * 16]
    parts = [texts[start : start + TEXTS] for start in range(0, len(texts), TEXTS)]

    def bodies(lists: Sequence[Sequence[str]]) -> list[bytes]:
        return [json.dumps({"texts": part}).encode() for part in lists]

    def score(lists: Sequence[Sequence[str]]) -> list[Call]:
        return [lambda part=part: scorer.predict(part) for part in lists]

    detect: list[Call] = [lambda data=data: detector.predict(data, "picture") for data in pictures]
    ones = [[text] for text in texts]
    path, kind = "/sentiment/score", "application/json"
    return {
        "picture": Workload("/logo/detect", "image/jpeg", pictures, detect, 1),
        "text": Workload(path, kind, bodies(ones), score(ones), 1),
        "texts": Workload(path, kind, bodies(parts), score(parts), TEXTS),
    }


def measure(workload: Workload, port: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Return what is measured of a workload."""
    result: dict[str, Any] = {}
    workload.in_process(1, 1)
    asyncio.run(workload.served(port, 8, 1))
    for num_clients in CLIENTS:
        threads = min(num_clients, onnx_runtime.cores())
        rates, ratios, direct = list[float](), list[float](), list[float]()
        latencies, direct_latencies = list[float](), list[float]()
        for _ in range(rounds):
            before, times_before = workload.in_process(threads, seconds / 2)
            rate, times = asyncio.run(workload.served(port, num_clients, seconds))
            after, times_after = workload.in_process(threads, seconds / 2)
            rates.append(rate)
            direct.append((before + after) / 2)
            ratios.append(rate / direct[-1])
            latencies += times
            direct_latencies += times_before + times_after
        p50, p99 = np.percentile(latencies, [50, 99]) * 1000
        direct_p50, direct_p99 = np.percentile(direct_latencies, [50, 99]) * 1000
        result[str(num_clients)] = {
            "items_per_second": round(statistics.median(rates), 1),
            "in_process": round(statistics.median(direct), 1),
            "ratio": round(statistics.median(ratios), 3),
            "p50_ms": round(float(p50), 2),
            "p99_ms": round(float(p99), 2),
            "in_process_p50_ms": round(float(direct_p50), 2),
            "in_process_p99_ms": round(float(direct_p99), 2),
        }
    for row in result.values():
        row["p99_over_lone_p50"] = round(row["p99_ms"] / result["1"]["p50_ms"], 2)
    return result


def watch_memory(workloads: dict[str, Workload], port: int, pid: int, minutes: float) -> dict[str, Any]:
    """Return the resident memory of the service after each minute of 8 clients that send a bit of everything."""
    sizes = list[float]()
    end = time.perf_counter() + minutes * 60
    minute = time.perf_counter()
    while time.perf_counter() < end:
        for workload in workloads.values():
            asyncio.run(workload.served(port, 8, 3))
        if time.perf_counter() >= minute:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            sizes.append(round(pages * 4096 / 2**20, 1))
            minute += 60
    return {"minutes": minutes, "resident_mib": sizes}


if __name__ == "__main__":
    main()
