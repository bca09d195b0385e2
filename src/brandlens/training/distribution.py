"""Train on every device that the backend shows: each takes its share of a batch (data parallelism)."""

from typing import Any

import keras


def list_devices() -> list[str]:
    """Return the devices that the backend sees, such as "gpu:0"; of PyTorch, which Keras cannot ask, the one in use."""
    if keras.backend.backend() == "torch":
        return [str(keras.ops.zeros(1).device)]
    return keras.distribution.list_devices()


def distribute() -> None:
    """Split batches over all devices, where the backend is JAX and shows several; do nothing elsewhere.

    Keras distributes over devices on JAX alone. A model that is built afterwards is replicated on all of them.
    """
    if keras.backend.backend() == "jax" and len(list_devices()) > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))


def num_shards() -> int:
    """Return how many devices a batch is split over."""
    distribution = keras.distribution.distribution()
    return int(distribution.device_mesh.shape[0]) if distribution is not None else 1


def shard(dataset: keras.utils.PyDataset) -> keras.utils.PyDataset:
    """Return the dataset with batches that can be split evenly over all devices; itself where there is one device."""
    shards = num_shards()
    return dataset if shards == 1 else EvenBatches(dataset, shards)


def even_rows(arrays: Any, multiple: int | None = None) -> Any:
    """Return nested arrays cut to a multiple of `multiple` rows, or with rows repeated up to one where they are fewer.

    multiple: None for the number of devices that a batch is split over.
    """
    multiple = num_shards() if multiple is None else multiple
    rows = len(keras.tree.flatten(arrays)[0])
    if rows % multiple == 0:
        return arrays
    chosen = [row % rows for row in range(max(rows // multiple, 1) * multiple)]
    return keras.tree.map_structure(lambda array: array[chosen], arrays)


class EvenBatches(keras.utils.PyDataset):
    """The batches of another dataset, each with a multiple of `multiple` rows.

    Only a last, partial batch is changed where the batch size is a multiple itself.
    """

    def __init__(self, dataset: keras.utils.PyDataset, multiple: int) -> None:
        super().__init__(
            workers=dataset.workers,
            use_multiprocessing=dataset.use_multiprocessing,
            max_queue_size=dataset.max_queue_size,
        )
        self.dataset, self.multiple = dataset, multiple

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        return even_rows(self.dataset[index], self.multiple)

    def on_epoch_begin(self) -> None:
        self.dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self.dataset.on_epoch_end()
