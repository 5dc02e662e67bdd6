"""What a user writes, for mypy --strict; nobody runs it."""
from __future__ import annotations

from typing import Any

import slabring
from slabring import transforms as T


def salt(image: Any, random: Any) -> None:
    image[random.random(image.shape[:2]) < 0.01] = 255


def main() -> None:
    train = T.Compose([T.RandomResizedCrop(224), salt, T.RandomHorizontalFlip(0.5), T.ToTensor(), T.Normalize([0.5] * 3, [0.2] * 3)])
    folder = slabring.ImageFolder("photos", train)
    a, b = slabring.random_split(folder, [0.9, 0.1], seed=3)
    loader = slabring.DataLoader(a, batch_size=8, shuffle=True, num_workers=2, drop_last=True, output="torch", prefetch_factor=2,
                                 multiprocessing_context="forkserver", persistent_workers=True)
    for epoch in range(loader.next_epoch, 3):
        for number, (images, labels) in enumerate(loader):
            print(images.shape, labels.sum(), number)
        for batch in loader:
            ids, faults = batch.ids, batch.faults
            print([fault.message for fault in faults], ids, batch.size + batch.position, epoch)
    state: dict[str, object] = loader.state_dict()
    loader.load_state_dict(state)
    stats = loader.stats()
    print(stats.batches + 1, loader.preview().labels[0].upper(), len(loader), b.indices[0] + 1)
    with slabring.DataLoader(slabring.ConcatDataset([a, b]), sampler=slabring.Sampler.subset([1, 2]), transform=[T.Resize(9)]) as other:
        batch = next(iter(other))
        slabring.Preview.of(batch.images, batch.labels, mean=[0.5]).save("x.png")
    try:
        slabring.Source("a")
    except slabring.SampleError as error:
        print(error.fault.source, error.code)


main()
