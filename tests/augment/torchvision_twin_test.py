"""Compares the twin, which pillow_test's reference is made of, with torchvision itself. Exits with 77, which ctest takes for
skipped, where torchvision is not installed: it is large, and nothing else needs it.
"""

import sys

try:
    import torch
    from torchvision.transforms import AutoAugmentPolicy, InterpolationMode, autoaugment
    from torchvision.transforms import functional as F
except ImportError as error:
    print(f"skipped: {error}; python3-torchvision would be needed")
    sys.exit(77)

import numpy as np
from PIL import Image

import torchvision_policies as policies
import torchvision_twin as twin

rng = np.random.default_rng(7)
MODES = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
compared = 0


def images():
    for height, width in [(1, 1), (1, 9), (9, 1), (24, 24), (31, 17)]:
        yield Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    yield Image.fromarray(rng.integers(0, 256, (12, 13), dtype=np.uint8))


def same(left, right, what):
    global compared
    compared += 1
    if left.size != right.size or left.tobytes() != right.tobytes():
        sys.exit(f"{what}: the twin and torchvision differ, image {left.size}, {left.mode}")


def check_colours(image):
    for hue in (-0.5, -0.13, 0.0, 0.4):
        same(twin.adjust_hue(image, hue), F.adjust_hue(image, hue), f"hue {hue}")
    same(twin.to_grayscale(image, 3), F.rgb_to_grayscale(image, 3), "grayscale")
    stream = twin.Stream(1, 2, 3)
    pairs = [("RandomAutocontrast", {}, F.autocontrast), ("RandomEqualize", {}, F.equalize), ("RandomInvert", {}, F.invert)]
    pairs.append(("RandomPosterize", {"bits": 3}, lambda i: F.posterize(i, 3)))
    pairs.append(("RandomSolarize", {"threshold": 99}, lambda i: F.solarize(i, 99)))
    pairs.append(("RandomAdjustSharpness", {"sharpness_factor": 1.7}, lambda i: F.adjust_sharpness(i, 1.7)))
    pairs.append(("ColorJitter", {"brightness": [1.3, 1.3]}, lambda i: F.adjust_brightness(i, 1.3)))
    pairs.append(("ColorJitter", {"contrast": [0.3, 0.3]}, lambda i: F.adjust_contrast(i, 0.3)))
    pairs.append(("ColorJitter", {"saturation": [2, 2]}, lambda i: F.adjust_saturation(i, 2)))
    for kind, parameters, function in pairs:
        op = {"op": kind, "p": 1} | parameters
        same(twin.colour_function(op, image, stream), function(image), op)


def check_warps(image):
    fill = [20] * len(image.getbands())
    op = {"fill": fill}
    array = np.asarray(image).reshape(image.height, image.width, -1)
    for name, mode in MODES.items():
        resample, colour = twin.FILTERS[name], twin.fill_of(op, array.shape[2])
        for angle, translate, scale, shear in [(33.0, [2, -3], 0.7, [10.0, 4.0]), (-90.0, [0, 0], 1.0, [0.0, 0.0])]:
            left = twin.affine(image, angle, translate, scale, shear, resample, colour)
            same(left, F.affine(image, angle, translate, scale, shear, mode, fill), f"affine {angle}")
        for angle in (0.0, 45.0, 90.0, 200.5):
            rotation = {"degrees": [angle, angle], "interpolation": name, "expand": True, "fill": fill}
            left = twin.random_rotation(rotation, image, twin.Stream(1, 2, 3))
            same(left, F.rotate(image, angle, mode, True, None, fill), f"rotate {angle}")
    for mode in ("constant", "edge", "reflect", "symmetric"):
        padded = twin.pad(array, [1, 2, 3, 0], {"padding_mode": mode, "fill": fill})
        right = F.pad(image, [1, 2, 3, 0], tuple(fill) if len(fill) > 1 else fill[0], mode)
        same(Image.fromarray(padded.squeeze(2) if padded.shape[2] == 1 else padded), right, f"pad {mode}")


def check_policies(image):
    fill = twin.fill_of({"fill": 30}, len(image.getbands()))
    for name in policies.RANDOM + ["Invert"]:
        for magnitude in (0.0, 0.3, -0.2):
            value = abs(magnitude) * 10 if name in ("Posterize", "Solarize") else magnitude
            right = autoaugment._apply_op(image, name, value, InterpolationMode.BILINEAR, [30] * len(image.getbands()))
            same(policies.apply_op(image, name, value, Image.Resampling.BILINEAR, fill), right, f"{name} {magnitude}")


def check_tables():
    for policy in AutoAugmentPolicy:
        if autoaugment.AutoAugment(policy).policies != [tuple(pair) for pair in policies.LEARNED[policy.value]]:
            sys.exit(f"{policy}: the tables differ")
    image = Image.new("RGB", (50, 41))
    spaces = [(autoaugment.RandAugment()._augmentation_space(31, (41, 50)), policies.auto_space(image, 31))]
    wide = policies.space_of(31, 0.99, [32.0, 32.0], 135.0, 0.99, (8, 6))
    spaces.append((autoaugment.TrivialAugmentWide()._augmentation_space(31), wide))
    mixed = policies.space_of(10, 0.3, [50 / 3.0, 41 / 3.0], 30.0, 0.9, (4, 4))
    spaces.append((autoaugment.AugMix()._augmentation_space(10, (41, 50)), mixed))
    for theirs, ours in spaces:
        for name, (magnitudes, signed) in theirs.items():
            if signed != (name not in policies.UNSIGNED) or (magnitudes.ndim > 0) != (name not in policies.PLAIN):
                sys.exit(f"{name}: signs or magnitudes differ")
            for index, value in enumerate(magnitudes.tolist() if magnitudes.ndim > 0 else []):
                if abs(policies.magnitude_of(name, ours, index) - value) > 1.3e-7 * max(1e-6, abs(value)):
                    sys.exit(f"{name}: magnitude {index} is {policies.magnitude_of(name, ours, index)}, not {value}")
    if [*spaces[0][0]] != policies.RANDOM or [*spaces[2][0]] != policies.MIXED + policies.ENHANCING:
        sys.exit("the operations are in another order")


def check_blur():
    """torch's own float32 result, to the nearest value but where it lies between two."""
    from pillow_reference import gaussian_blurred

    for size, sigma in [([3, 3], 0.8), ([5, 9], 2.0)]:
        array = rng.integers(0, 256, (24, 31, 3), dtype=np.uint8)
        right = np.asarray(F.gaussian_blur(Image.fromarray(array), size, [sigma, sigma])).astype(float)
        if np.abs(gaussian_blurred(array, size, sigma) - right).max() > 0.502:
            sys.exit(f"gaussian_blur {size}: differs")


def main():
    torch.set_num_threads(1)
    for image in images():
        check_colours(image)
        check_warps(image)
        check_policies(image)
    check_tables()
    check_blur()
    print(f"torchvision agrees on {compared} images")


if __name__ == "__main__":
    main()
