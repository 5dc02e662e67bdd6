#!/usr/bin/python3
"""PyTorch's DataLoader with torchvision over a folder of class folders, measured as `slabring bench` measures itself.

Needs Debian's python3-torchvision. Prints one JSON object; images_per_second is the median over the epochs after the
first, first_batch_ms that of the first epoch, which starts the workers.
"""

import argparse
import json
import statistics
import time
import warnings

warnings.filterwarnings("ignore")  # torchvision warns that it cannot load its own image library, which is not used here

import torch
import torchvision
from torchvision import transforms


def pipeline(name, dtype, size):
    if name == "train":
        steps = [transforms.RandomResizedCrop(size), transforms.RandomHorizontalFlip()]
    else:
        steps = [transforms.Resize(size * 256 // 224), transforms.CenterCrop(size)]
    if dtype == "u8":
        return transforms.Compose(steps + [transforms.PILToTensor()])
    normalize = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return transforms.Compose(steps + [transforms.ToTensor(), normalize])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--pipeline", choices=["train", "val"], default="train")
    parser.add_argument("--dtype", choices=["u8", "f32"], default="u8")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args()

    torch.set_num_threads(1)  # the loader's work is in its workers
    dataset = torchvision.datasets.ImageFolder(given.data, pipeline(given.pipeline, given.dtype, given.size))
    loader = torch.utils.data.DataLoader(dataset, batch_size=given.batch, shuffle=True, num_workers=given.workers,
                                         persistent_workers=given.workers > 0)
    rates, first_batch_ms = [], None
    for _ in range(given.epochs):
        begin, images = time.perf_counter(), 0
        for batch, _ in loader:
            if first_batch_ms is None:
                first_batch_ms = (time.perf_counter() - begin) * 1e3
            images += len(batch)
        rates.append(images / (time.perf_counter() - begin))
    print(json.dumps({"torch": torch.__version__, "workers": given.workers, "first_batch_ms": round(first_batch_ms, 1),
                      "images_per_second": round(statistics.median(rates[1:] or rates), 1)}))


if __name__ == "__main__":
    main()
