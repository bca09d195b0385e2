"""Compose scenes, train, separate, count: each method's settings are chosen on validation scenes, scored on test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from brandlens import training
from brandlens.config.digits import Separate
from brandlens.digits.data import SPLITS, Splits
from brandlens.digits.separate import dictionary, evaluation, patch_network
from brandlens.digits.separate.regions import METHODS, Settings
from brandlens.digits.separate.scenes import SceneSet, compose, resize, true_maps

NEAR_INK = 40  # grey levels: pixels of more are looked up in the dictionary
NO_MAPS = "direct_maps"  # what the methods that look at none are given


@dataclass(frozen=True)
class Separation:
    """What the report tells: fractions and their intervals, the settings chosen, loss by epoch, some test scenes.

    regions: by method, of each test scene. maps: (n, h, w, 2) by way.
    """

    metrics: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, list[float]]]
    losses: list[float]
    scenes: SceneSet
    maps: Mapping[str, np.ndarray]
    regions: Mapping[str, list[np.ndarray]]

    def rows(self, count: int) -> list[list[np.ndarray]]:
        """Return pictures of the first test scenes: itself, edges on foreground, regions by each method."""
        return [
            [
                self.scenes.images[index],
                *(maps[index].prod(axis=-1) for maps in self.maps.values()),
                *(found[index] for found in self.regions.values()),
                self.scenes.instances[index],
            ]
            for index in range(min(count, len(self.scenes)))
        ]


def separate(splits: Splits, cfg: Separate, seed: int) -> Separation:
    """Separate composed scenes by every method and score them."""
    rng = np.random.default_rng(seed)
    scenes = {
        name: compose(resize(splits[name].images), count, cfg.scenes, rng)
        for name, count in zip(SPLITS, cfg.scenes.num_scenes, strict=True)
    }
    training.set_up(seed)
    model, patches, losses = train(scenes["train"], cfg, rng)
    maps = {name: both_maps(model, patches, scenes[name]) for name in ("val", "test")}
    metrics, intervals, regions = {}, {}, {}
    for name in METHODS:
        way = name if name in maps["val"] else NO_MAPS
        chosen: Settings = evaluation.choose(name, scenes["val"], maps["val"][way], cfg.min_iou)
        regions[name] = evaluation.apply(name, scenes["test"], maps["test"][way], chosen)
        counts = evaluation.count(scenes["test"].instances, regions[name], cfg.min_iou)
        values, intervals[name] = evaluation.scores(counts)
        metrics[name] = values | {"threshold": chosen.threshold, "min_area": float(chosen.min_area)}
    return Separation(metrics, intervals, losses, scenes["test"], maps["test"], regions)


def train(
    scenes: SceneSet, cfg: Separate, rng: np.random.Generator
) -> tuple[Any, dictionary.PatchDictionary, list[float]]:
    """Train the patch network and fill the dictionary with its codes of training patches; return both, and losses."""
    maps = true_maps(scenes.instances)
    places = np.argwhere(scenes.images > NEAR_INK)
    chosen = places[rng.permutation(len(places))[: cfg.num_codes]]
    patches = dictionary.cut_patches(maps, *chosen.T)
    codes = dictionary.encode_scenes(maps, dictionary.fit_projection(patches))
    model = patch_network.build(dictionary.CODE_SIZE)
    losses = patch_network.fit(model, scenes.images, maps, codes, cfg.epochs, cfg.learning_rate)
    _, predicted = patch_network.predict(model, scenes.images)
    return model, dictionary.PatchDictionary(predicted[tuple(chosen.T)], patches), losses


def both_maps(model: Any, patches: dictionary.PatchDictionary, scenes: SceneSet) -> dict[str, np.ndarray]:
    """Return (n, h, w, 2) foreground and edges of each scene, by each of the two ways."""
    direct, codes = patch_network.predict(model, scenes.images)
    looked_up = [patches.maps(code, image > NEAR_INK) for code, image in zip(codes, scenes.images, strict=True)]
    return {"direct_maps": direct, "dictionary_maps": np.stack(looked_up)}
