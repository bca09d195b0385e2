"""Keys of params.yaml that have another name now, so that an old file gets one line that names the new one."""

from brandlens.errors import ParamsError

SECTIONS = {  # old section: new section
    "logo.collect.compose": "logo.collect.synthetic",
    "logo.scan": "logo.detect.sliding_window",
    "logo.look": "logo.detect.one_stage",
    "logo.train.slide": "logo.train.fcn",
    "logo.train.talk": "logo.train.snowdon",
    "logo.train.shot": "logo.train.one_stage",
    "logo.train.slabs": "logo.train.dense_patches",
    "logo.train.mining": "logo.train.hard_negatives",
    "sentiment.train.pooled": "sentiment.train.bilstm",
    "sentiment.train.talk": "sentiment.train.snowdon",
    "sentiment.collect.files.table": "sentiment.collect.files.columns",
}
_CLASSIFIER = {
    "batch": "batch_size", "rate": "learning_rate", "schedule": "lr_schedule", "smoothing": "label_smoothing",
}  # fmt: skip
_WINDOW = {**_CLASSIFIER, "focus": "focal_gamma", "weights": "class_weight", "mining": "mining_rounds"}
_REVIEW = {
    **_CLASSIFIER, "leaning": "nb_log_ratio", "longest": "max_length", "segment": "segment_length",
    "grams": "max_ngram", "taught": "self_training_epochs", "clip": "clipvalue", "forget": "word_dropout",
    "perturb": "adversarial_epsilon", "average": "ema_momentum",
}  # fmt: skip
_SPLIT = {"shares": "split_ratios"}
KEYS: dict[str, dict[str, str]] = {  # new section: {old key: new key}
    "logo.collect": {**_SPLIT, "duplicates": "dedup_max_distance"},
    "logo.collect.synthetic": {
        "pictures": "num_images", "size": "image_wh", "widths": "logo_width_range", "empty": "negative_ratio",
        "most": "max_logos_per_image",
    },
    "logo.crop": {
        "size": "window_wh", "aspects": "num_aspect_ratios", "halo": "padding", "copies": "jitter.copies",
        "shift": "jitter.translate", "zoom": "jitter.scale", "stretch": "jitter.ratio",
        "negatives": "negatives_per_positive",
    },
    "logo.augment": {
        "crops": "samples_per_class", "other": "background_ratio", "blur": "blur_sigma", "noise": "noise_std",
        "jpeg": "jpeg_min_quality",
    },
    "logo.detect.sliding_window": {
        "smallest": "min_size", "longest": "max_size", "step": "scale_factor", "overlap": "iou_threshold",
        "candidate": "proposal_threshold",
    },
    "logo.detect.one_stage": {"longest": "image_sizes", "overlap": "iou_threshold"},
    "logo.train": {"network": "model", "width": "width_multiplier", "precision": "dtype_policy"},
    "logo.train.fcn": _WINDOW,
    "logo.train.snowdon": _WINDOW,
    "logo.train.one_stage": {
        "size": "image_size", "steps": "max_steps", "batch": "batch_size", "rate": "learning_rate",
        "decay": "weight_decay", "average": "ema_momentum", "calm": "close_mosaic", "zoom": "scale_range",
        "turned": "rotate90", "paste": "copy_paste",
    },
    "logo.train.dense_patches": {
        "count": "num_patches", "size": "patch_wh", "zoom": "scale_jitter", "stretch": "ratio_jitter",
    },
    "logo.train.hard_negatives": {"pictures": "max_images", "alarms": "max_crops", "score": "min_score"},
    "logo.evaluate": {"floor": "min_score", "gallery": "gallery_images"},
    "logo.export": {"tolerance": "atol"},
    "sentiment.collect": {**_SPLIT, "imdb": "imdb_path", "duplicates": "dedup_jaccard"},
    "sentiment.collect.files.columns": {
        "stars": "rating", "positive": "positive_labels", "negative": "negative_labels", "cuts": "rating_cutoffs",
        "odd": "max_bad_rows",
    },
    "sentiment.embed": {"size": "vector_size", "least": "min_count", "most": "max_vocab_size"},
    "sentiment.train": {"network": "model", "precision": "dtype_policy"},
    "sentiment.train.bilstm": _REVIEW,
    "sentiment.train.snowdon": _REVIEW,
    "sentiment.evaluate": {"bins": "calibration_bins", "mistakes": "max_mistakes"},
    "sentiment.export": {"tolerance": "atol", "compress": "int8_max_accuracy_drop"},
    "logo.evaluate.threshold": {"precision": "min_precision", "recall": "min_recall", "best": "maximize"},
    "sentiment.evaluate.threshold": {"precision": "min_precision", "recall": "min_recall", "best": "maximize"},
}  # fmt: skip
VALUES: dict[str, dict[str, str]] = {  # key: {old value: new value}
    "logo.collect.source": {"compose": "synthetic", "search": "scraped"},
    "logo.train.model": {"slide": "fcn", "talk": "snowdon", "shot": "one_stage"},
    "sentiment.train.model": {"pooled": "bilstm", "talk": "snowdon"},
}


def refuse_old_key(section: str, key: str) -> None:
    """Raise ParamsError with the new name of a key that was renamed; do nothing for any other.

    section: dotted name of the section that the key stands in, as spelled today.
    """
    name = f"{section}.{key}" if section else key
    if name in SECTIONS:
        raise ParamsError(f"{name} is called {SECTIONS[name]} now")
    if key == "seed":
        raise ParamsError(f"{name} is gone: one seed at the top of the file is for all stages")
    if key in KEYS.get(section, {}):
        raise ParamsError(f"{name} is called {section}.{KEYS[section][key]} now")


def refuse_old_value(key: str, value: object) -> None:
    """Raise ParamsError with the new spelling of a value that was renamed; do nothing for any other."""
    new = VALUES.get(key, {}).get(value) if isinstance(value, str) else None
    if new is not None:
        raise ParamsError(f"{key} is {value!r}, which is called {new!r} now")
