#!/usr/bin/python3
"""A training loop in torch that goes on where it was stopped, in the middle of an epoch too.

usage: PYTHONPATH=build/python python3 examples/python/torch_training.py DATA [--checkpoint FILE] [--stop-after STEPS]

Stop it with Ctrl-C and start it again with the same checkpoint: it ends with the very loss that it would have had.
"""

import argparse
import os

import slabring
import torch
from slabring import transforms as T


def make_loader(data):
    transform = T.Compose([T.RandomResizedCrop(32), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5] * 3, [0.25] * 3)])
    return slabring.DataLoader(slabring.ImageFolder(data, transform), batch_size=32, shuffle=True, drop_last=True,
                               output="torch")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--checkpoint")
    parser.add_argument("--stop-after", type=int, help="steps after which to stop, as if interrupted")
    given = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(1)  # the same sums in the same order, and the CPUs for the workers
    loader = make_loader(given.data)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, len(loader.dataset.classes)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    if given.checkpoint and os.path.exists(given.checkpoint):
        saved = torch.load(given.checkpoint)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        loader.load_state_dict(saved["loader"])
        print(f"goes on in epoch {loader.next_epoch} behind batch {saved['loader']['position'] // loader.batch_size}")

    def save():
        if given.checkpoint:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "loader": loader.state_dict()},
                       given.checkpoint)

    steps = 0
    try:
        for epoch in range(loader.next_epoch, given.epochs):
            for images, labels in loader:  # tensors in the ring itself; images.to("cuda") copies them to a GPU
                loss = torch.nn.functional.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                steps += 1
                if steps == given.stop_after:
                    raise KeyboardInterrupt
            print(f"epoch {epoch}: loss of the last batch {loss.item():.6f}")
    except KeyboardInterrupt:
        print(f"stopped after {steps} steps")
    save()


if __name__ == "__main__":
    main()
