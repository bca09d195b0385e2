"""The service as a process, and what is the same whoever asks at once."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from brandlens.errors import UserError
from brandlens.sentiment.classifier import SentimentClassifier
from brandlens.sentiment.predictor import SentimentPredictor
from brandlens.sentiment.score_writers import json_line
from brandlens.serve import server
from brandlens.serve.settings import Settings

# a command line whose scores take a while, so that a request is in progress when the signal comes
SLOW = """
import sys
import time
from brandlens.cli.main import main
from brandlens.sentiment.predictor import SentimentPredictor
quick = SentimentPredictor.predict

def predict(self, texts):
    print("scoring", file=sys.stderr, flush=True)
    time.sleep(0.3)
    return quick(self, texts)

SentimentPredictor.predict = predict
main()
"""


def test_a_signal_lets_requests_end(sentiment_folder: Path) -> None:
    words = ["serve", "--sentiment", str(sentiment_folder), "--port", "0"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *words], stderr=subprocess.PIPE, text=True, encoding="utf-8", env=env
    )
    with process:
        assert process.stderr
        address = process.stderr.readline().split()[1]
        replies = list[httpx.Response]()
        client = threading.Thread(
            target=lambda: replies.append(
                httpx.post(f"{address}/sentiment/score", json={"texts": ["good"]}, timeout=60)
            )
        )
        client.start()
        assert process.stderr.readline() == "scoring\n"
        process.send_signal(signal.SIGTERM)
        client.join()
        assert [reply.status_code for reply in replies] == [200]
        assert (process.wait(60), process.stderr.read()) == (0, "")


def test_an_address_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {number}: .*; choose another"):
            server.listen(Settings(port=number))
    with pytest.raises(UserError, match=r"--host no\.such\.host\.invalid"):
        server.listen(Settings(host="no.such.host.invalid"))


def test_any_mix_of_requests_at_once(port: int, picture: bytes, sentiment_folder: Path) -> None:
    """Every answer is that of a request alone."""
    rng = random.Random(1)
    words = ["good", "great", "bad", "awful", "the", "film", "is", "!", "unknown"]
    texts = [" ".join(rng.choices(words, k=rng.randrange(12))) for _ in range(300)]
    expected = SentimentPredictor(SentimentClassifier.load(sentiment_folder)).predict(texts)
    by_text = {record["text"]: record for record in expected}
    alone = httpx.post(f"http://127.0.0.1:{port}/logo/detect", content=picture, headers={"content-type": "image/png"})

    async def ask(client: httpx.AsyncClient, number: int) -> bool:
        if number % 10 == 0:
            reply = await client.post("/logo/detect", content=picture, headers={"content-type": "image/png"})
            return reply.json() == alone.json()
        part = texts[number : number + number % 4]
        if number % 10 == 1:
            table = "text\n" + "".join(f'"{text}"\n' for text in part)
            reply = await client.post(
                "/sentiment/score/file?to=jsonl", content=table, headers={"content-type": "text/csv"}
            )
            return reply.text == "".join(json_line(by_text[text]) for text in part)
        reply = await client.post("/sentiment/score", json={"texts": part})
        return reply.json()["reviews"] == [by_text[text] for text in part]

    async def ask_all() -> list[bool]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(120)))

    assert all(asyncio.run(ask_all()))
