"""slabring: labelled images for training, decoded and augmented by worker processes straight into shared memory.

>>> import slabring
>>> from slabring import transforms as T
>>> loader = slabring.DataLoader(slabring.ImageFolder("photos"), batch_size=64, shuffle=True,
...                              transform=T.Compose([T.RandomResizedCrop(224), T.RandomHorizontalFlip()]))
>>> for images, labels in loader:  # numpy arrays in the ring itself: uint8 [64, 3, 224, 224], int64 [64]
...     ...

Importing it starts nothing and needs neither numpy nor torch.
"""

from slabring import transforms
from slabring._slabring import Array, DeviceArray, SampleFacts, available_cpus
from slabring._slabring import version as _version
from slabring.batch import Batch, Fault, Status
from slabring.combinations import (CachedDataset, CacheStats, ConcatDataset, MixtureDataset, RelabelDataset, Subset, filter, map,
                                   random_split)
from slabring.dataset import Dataset, ImageFolder, PythonDataset, Source, TensorDataset
from slabring.errors import Error, InvalidArgument, RingExhausted, SampleError
from slabring.loader import DataLoader, Stats
from slabring.preview import Preview
from slabring.sampler import Sampler

__version__: str = _version()
__all__ = ["Array", "Batch", "CacheStats", "CachedDataset", "ConcatDataset", "DataLoader", "Dataset", "DeviceArray", "Error",
           "Fault", "ImageFolder", "InvalidArgument", "MixtureDataset", "Preview", "PythonDataset", "RelabelDataset",
           "RingExhausted", "SampleError", "SampleFacts", "Sampler", "Source", "Stats", "Status", "Subset", "TensorDataset",
           "available_cpus", "filter", "map", "random_split", "transforms"]
