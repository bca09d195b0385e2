from dataclasses import fields

import numpy as np
import pytest

from brandlens.synthesis import artwork, distractors, lettering

RED, BLUE = (220, 30, 20), (20, 40, 200)


def own_logo():
    """240 columns, each redder than the one left of it."""
    pixels = np.full((60, 240, 4), (0, 80, 90, 255), np.uint8)
    pixels[..., 0] = np.arange(240)
    return artwork.prepare_artwork(pixels)


def two_colours():
    return artwork.prepare_artwork(lettering.draw(lettering.wordmark("tavuno", "orbit", 2), [RED, BLUE], 300))


def test_test_shares_nothing_with_the_other_splits():
    seen, held_out = distractors.repertoire("train"), distractors.repertoire("test")
    assert distractors.repertoire("val") == seen
    for field in fields(seen):
        assert not set(getattr(seen, field.name)) & set(getattr(held_out, field.name)), field.name


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_repertoire_can_be_drawn(split):
    stock = distractors.repertoire(split)
    assert set("".join(stock.words)) <= set(lettering.GLYPHS)
    assert set(stock.symbols) <= set(lettering.SYMBOLS)
    assert set(stock.cuts) <= set(distractors.CUTS)
    assert set(stock.layouts) <= set(distractors.LAYOUTS)
    assert "tavuno" not in stock.words
    assert "orbit" not in stock.symbols


@pytest.mark.parametrize("split", ["train", "test"])
def test_drawn_with_ink_and_the_same_again(split):
    for seed in range(40):
        first, second = (distractors.draw(np.random.default_rng(seed), split, [two_colours()]) for _ in range(2))
        assert first.dtype == np.uint8
        assert first.shape[2] == 4
        assert (first[..., 3] > 128).mean() > 0.05
        assert np.array_equal(first, second)


def test_a_lookalike_never_spells_a_label(monkeypatch):
    spelled = []
    wordmark = lettering.wordmark
    monkeypatch.setattr(lettering, "wordmark", lambda word, *rest: spelled.append(word) or wordmark(word, *rest))
    for seed in range(60):
        distractors.draw(np.random.default_rng(seed), "test", [two_colours()], labels=["Nutavo", "tavelo"])
    assert spelled
    assert not {"nutavo", "tavelo"} & set(spelled)


def test_lookalikes_have_the_artworks_colours(monkeypatch):
    monkeypatch.setattr(distractors, "LOOKALIKES", 1.0)
    close = []
    for seed in range(20):
        drawn = distractors.draw(np.random.default_rng(seed), "train", [two_colours()])
        ink = drawn[drawn[..., 3] == 255][:, :3].astype(int)
        close.append(min(np.abs(ink - colour).max(axis=1).min() for colour in (RED, BLUE)) < 20)
    assert np.mean(close) > 0.7


@pytest.mark.parametrize("seed", range(8))
def test_shuffled_slices_part_from_their_neighbours(monkeypatch, seed):
    monkeypatch.setattr(distractors, "_recoloured", lambda _, pixels: pixels)
    after = distractors.shuffled(np.random.default_rng(seed), own_logo())[30, :, 0].astype(int)
    assert sorted(after) == list(range(240))
    runs = np.diff(np.flatnonzero(np.diff(after, prepend=-9, append=999) != 1))
    assert len(runs) >= 4
    assert runs.max() <= 60


def test_mirrored_is_turned_round_and_of_another_hue():
    before = own_logo().levels[0]
    after = distractors.mirrored(np.random.default_rng(0), own_logo())
    assert np.array_equal(after[..., 3], before[:, ::-1, 3])
    assert np.abs(after[..., :3].astype(int) - before[:, ::-1, :3]).max() > 60
