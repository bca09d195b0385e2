from dataclasses import fields

import numpy as np
import pytest

from brandlens.synthesis import artwork, distractors, lettering

RED, BLUE = (220, 30, 20), (20, 40, 200)


def graded_logo():
    """Return artwork of 240 columns, each redder than the one left of it."""
    pixels = np.full((60, 240, 4), (0, 80, 90, 255), np.uint8)
    pixels[..., 0] = np.arange(240)
    return artwork.prepare_artwork(pixels)


@pytest.fixture(scope="module")
def two_colors():
    """Return artwork in red and blue."""
    return artwork.prepare_artwork(lettering.draw(lettering.wordmark("tavuno", "orbit", 2), [RED, BLUE], 300))


def test_the_test_split_shares_nothing_with_train_and_val():
    train, test = distractors.repertoire("train"), distractors.repertoire("test")
    assert distractors.repertoire("val") == train
    for field in fields(train):
        assert not set(getattr(train, field.name)) & set(getattr(test, field.name)), field.name


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_repertoire_can_be_drawn(split):
    options = distractors.repertoire(split)
    assert set("".join(options.words)) <= set(lettering.GLYPHS)
    assert set(options.symbols) <= set(lettering.SYMBOLS)
    assert set(options.edits) <= set(distractors.EDITS)
    assert set(options.layouts) <= set(distractors.LAYOUTS)
    assert "tavuno" not in options.words
    assert "orbit" not in options.symbols


@pytest.mark.parametrize("split", ["train", "test"])
def test_distractors_have_ink_and_repeat_with_their_seed(two_colors, split):
    for seed in range(25):
        first, second = (distractors.draw(np.random.default_rng(seed), split, [two_colors]) for _ in range(2))
        assert first.dtype == np.uint8
        assert first.shape[2] == 4
        assert (first[..., 3] > 128).mean() > 0.05
        assert np.array_equal(first, second)


def test_a_lookalike_never_spells_a_label(two_colors, monkeypatch):
    spelled = []
    wordmark = lettering.wordmark
    monkeypatch.setattr(lettering, "wordmark", lambda word, *rest: spelled.append(word) or wordmark(word, *rest))
    for seed in range(60):
        distractors.draw(np.random.default_rng(seed), "test", [two_colors], labels=["Nutavo", "tavelo"])
    assert spelled
    assert not {"nutavo", "tavelo"} & set(spelled)


def test_lookalikes_have_the_colors_of_the_artwork(two_colors, monkeypatch):
    monkeypatch.setattr(distractors, "LOOKALIKE_RATIO", 1.0)
    close = []
    for seed in range(20):
        drawn = distractors.draw(np.random.default_rng(seed), "train", [two_colors])
        ink = drawn[drawn[..., 3] == 255][:, :3].astype(int)
        close.append(min(np.abs(ink - color).max(axis=1).min() for color in (RED, BLUE)) < 20)
    assert np.mean(close) > 0.7


@pytest.mark.parametrize("seed", range(8))
def test_shuffled_slices_are_apart_from_their_neighbors(monkeypatch, seed):
    monkeypatch.setattr(distractors, "_shift_hue", lambda _, pixels: pixels)
    shuffled = distractors.shuffle_slices(np.random.default_rng(seed), graded_logo())[30, :, 0].astype(int)
    assert sorted(shuffled) == list(range(240))
    runs = np.diff(np.flatnonzero(np.diff(shuffled, prepend=-9, append=999) != 1))
    assert len(runs) >= 4
    assert runs.max() <= 60


def test_mirrored_artwork_is_flipped_and_of_another_hue():
    original = graded_logo().levels[0]
    mirrored = distractors.mirror(np.random.default_rng(0), graded_logo())
    assert np.array_equal(mirrored[..., 3], original[:, ::-1, 3])
    assert np.abs(mirrored[..., :3].astype(int) - original[:, ::-1, :3]).max() > 60
