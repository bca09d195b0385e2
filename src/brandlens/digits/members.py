"""Every training of every network: a network is trained from several random starts, its members."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from brandlens.config.digits import Network, Train


@dataclass(frozen=True)
class Member:
    """One training. network: its name in params.yaml; number: from 0 on."""

    network: str
    number: int
    cfg: Network

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.network}-{self.number}"

    def seed(self, first: int) -> int:
        """Return its own seed, given that of the first."""
        return (first + self.number) % 2**31


def members(cfg: Train) -> Iterator[Member]:
    """Yield the trainings of all networks, in the order of params.yaml, of cfg.max_epochs each at most."""
    for name, whole in cfg.networks.items():
        network = replace(whole, epochs=min(whole.epochs, cfg.max_epochs or whole.epochs))
        for number in range(max(cfg.num_seeds, network.num_networks)):
            yield Member(name, number, network)
