"""The lectures' table on MNIST → benchmarks/results/digits.json: published errors beside ours.

    BRANDLENS_DATA=/where/the/datasets/are python benchmarks/digits.py --scratch /tmp/digits

Every network of digits.train.networks in params.yaml, with all of its epochs and five trainings of the last, on the
first 50,000 training digits of MNIST (mnist.npz); the other 10,000 are for validation, on which everything was chosen;
the 10,000 test digits are scored at the end. What is trained stays in the scratch folder: a second call goes on, and
--only trains a part. Prints one JSON object, of the networks that are complete. cpu_seconds: of all threads, so half of
that on two cores that are idle else.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import scratch

from brandlens import config, training
from brandlens.config.digits import Collect
from brandlens.digits import data, evaluation, predictions
from brandlens.digits.members import Member, members
from brandlens.digits.train import Data, Trainer, predict

ADVISED, NUM_ADVISED = "lenet_advised", 5
MODEL, FACTS = "model.keras", "facts.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for what is trained; kept")
    parser.add_argument("--only", nargs="*", help="trainings, such as lenet-0; none: only score; default: all")
    arguments = parser.parse_args()
    params = for_mnist(config.load(scratch.HOME / "params.yaml"))
    mnist = scratch.dataset(".", "mnist.npz") / "mnist.npz"
    splits = data.collect(Collect("mnist", str(mnist), params.digits.collect.val_fraction, 0.1), params.seed)
    every = list(members(params.digits.train))
    rows = Data(splits["train"].pixels, splits["train"].labels, splits["val"].pixels, splits["val"].labels)
    for member in every:
        folder = place(arguments.scratch, member, params)
        if (arguments.only is None or member.name in arguments.only) and not (folder / MODEL).exists():
            train_one(member, rows, params, folder)
    networks = {}
    for name, cfg in params.digits.train.networks.items():
        folders = [place(arguments.scratch, each, params) for each in every if each.network == name]
        if not all((folder / MODEL).exists() for folder in folders):
            continue
        predicted: predictions.OfNetwork = {split: [] for split in predictions.EVALUATED}
        for folder in folders:
            model = training.load_model(folder / MODEL)
            for split, of_split in predicted.items():
                of_split.append(predict(model, splits[split].pixels))
        facts = [json.loads((folder / FACTS).read_text()) for folder in folders]
        networks[name] = {
            "architecture": cfg.architecture, "epochs": cfg.epochs, "weights": model.count_params(),
            **evaluation.network_metrics(cfg, predicted, splits, params.digits.train.num_seeds),
            "seconds": round(sum(each["seconds"] for each in facts)),
            "cpu_seconds": round(sum(each["cpu_seconds"] for each in facts)),
        }  # fmt: skip
    result = {
        "digits": {name: len(split) for name, split in splits.items()},
        "networks": networks,
        "baselines": evaluation.baselines(splits),
    }
    scratch.keep("digits", "mnist", result)


def for_mnist(params: config.Config) -> config.Config:
    """Return the params of docs/digits.md for MNIST."""
    train_cfg = params.digits.train
    networks = train_cfg.networks | {ADVISED: replace(train_cfg.networks[ADVISED], num_networks=NUM_ADVISED)}
    train_cfg = replace(train_cfg, max_epochs=None, networks=networks)
    return replace(params, digits=replace(params.digits, train=train_cfg))


def place(folder: Path, member: Member, params: config.Config) -> Path:
    """Return the folder of a training; another one where its parameters are others."""
    settings = {**asdict(member.cfg), **asdict(params.digits.train.distortion), "seed": member.seed(params.seed)}
    return folder / f"{member.name}-{training.run_id(settings)}"


def train_one(member: Member, rows: Data, params: config.Config, folder: Path) -> None:
    """Train a network and write it into a folder, with the seconds that it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    cfg = params.digits.train
    trainer = Trainer(rows, member.cfg, distortion=cfg.distortion, min_steps=cfg.min_steps)
    model = trainer.train(folder, member.seed(params.seed))
    facts = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    (folder / FACTS).write_text(json.dumps(facts))
    model.save(folder / MODEL)
    print(member.name, facts, file=sys.stderr)


if __name__ == "__main__":
    main()
