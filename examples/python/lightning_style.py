#!/usr/bin/python3
"""Training as Lightning divides it: a module that knows one step, data that knows its loaders, and a trainer that has the loop.

usage: PYTHONPATH=build/python python3 examples/python/lightning_style.py DATA [--epochs N] [--device cuda]

With the package lightning its Trainer runs the loop, and finds in the loaders what it asks of any: len(), iteration, and
state_dict() for its checkpoints. Without it a dozen lines do the same.
"""

import argparse

import slabring
import torch
from slabring import transforms as T

try:
    import lightning
except ImportError:
    lightning = None


class Classifier(lightning.LightningModule if lightning else torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, classes))

    def training_step(self, batch, batch_index):
        images, labels = batch
        return torch.nn.functional.cross_entropy(self.model(images), labels)

    def validation_step(self, batch, batch_index):
        images, labels = batch
        return (self.model(images).argmax(1) == labels).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)


class Photos(lightning.LightningDataModule if lightning else object):
    """Workers start with the first epoch and stay: the trainer asks for each loader once."""

    def __init__(self, folder, device):
        super().__init__()
        self.folder = slabring.ImageFolder(folder)
        self.options = {"batch_size": 32, "output": "torch", "device": device}

    def train_dataloader(self):
        transform = T.Compose([T.RandomResizedCrop(32), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5] * 3, [0.25] * 3)])
        return slabring.DataLoader(self.folder, shuffle=True, drop_last=True, transform=transform, **self.options)

    def val_dataloader(self):
        transform = T.Compose([T.Resize(36), T.CenterCrop(32), T.ToTensor(), T.Normalize([0.5] * 3, [0.25] * 3)])
        return slabring.DataLoader(self.folder, transform=transform, **self.options)


def fit(module, data, epochs):
    """What lightning.Trainer(max_epochs=epochs).fit(module, data) does at heart."""
    optimizer = module.configure_optimizers()
    train, validation = data.train_dataloader(), data.val_dataloader()
    for epoch in range(epochs):
        for index, batch in enumerate(train):
            loss = module.training_step(batch, index)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            right = sum(int(module.validation_step(batch, index)) for index, batch in enumerate(validation))
        print(f"epoch {epoch}: {len(train)} steps, loss {loss.item():.4f}, {right} of {len(data.folder)} right")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--device", help="cuda, where there is a GPU")
    given = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(1)  # the CPUs are the workers'
    data = Photos(given.data, given.device)
    module = Classifier(len(data.folder.classes))
    if given.device:
        module.to(given.device)
    if lightning:
        lightning.Trainer(max_epochs=given.epochs).fit(module, data)
    else:
        fit(module, data, given.epochs)


if __name__ == "__main__":
    main()
