"""Writes what Pillow and torchvision's arithmetic make of generated images, for pillow_test to compare bit for bit.

    pillow_reference.py OUTPUT_DIRECTORY
"""

import json
import math
import random
import sys
from pathlib import Path

import numpy as np
import PIL
from PIL import Image
from torchvision_twin import (
    FILTERS,
    Stream,
    apply_step,
    apply_transforms,
    center_crop_box,
    converted,
    draw_corners,
    on_image,
    perspective_coefficients,
    resized_crop_box,
    resized_size,
)

rng = np.random.default_rng(20240607)
choice = random.Random(20240607)


# ---- images: arrays of height x width x channels ----


def noise(height, width, channels=3):
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


def checkerboard(height, width, channels=3):
    y, x, c = np.ogrid[:height, :width, :channels]
    return (((x + y + c) % 2) * 255).astype(np.uint8)


def zone_plate(height, width, channels=3):
    y, x, c = np.ogrid[:height, :width, :channels]
    wave = np.cos((x * x + y * y) * math.pi / (2 * max(height, width)) + c)
    return np.rint(127.5 + 127.5 * wave).astype(np.uint8)


def extremes(height, width, channels=3):
    return (rng.integers(0, 2, (height, width, channels)) * 255).astype(np.uint8)


# ---- the reference: cases.json and the bytes it points into ----


class Reference:
    def __init__(self):
        self.bytes = bytearray()
        self.cases = []

    def store(self, array):
        offset = len(self.bytes)
        self.bytes += array.tobytes()
        return offset

    def image(self, array):
        height, width, channels = array.shape
        return {"height": height, "width": width, "channels": channels, "offset": self.store(array)}

    def add_steps(self, array, steps):
        result = array
        for step in steps:
            result = apply_step(result, step)
        self.cases.append({"input": self.image(array), "steps": steps, "expected": self.image(result)})

    def add_pipeline(self, array, pipeline, key=0, sample=0):
        result = apply_transforms(pipeline["transforms"], array, key, sample)
        expected = {"height": result.shape[0], "width": result.shape[1], "channels": result.shape[2]}
        expected["offset"] = self.store(converted(result, pipeline, key, sample))
        case = {"input": self.image(array), "pipeline": pipeline, "key": key, "sample": sample, "expected": expected}
        self.cases.append(case)


def add_resizes(reference):
    sizes = [(1, 1), (1, 17), (23, 1), (2, 3), (5, 8), (31, 33), (64, 64), (90, 121)]
    for name in FILTERS:
        for height, width in sizes:
            for to in sizes:
                reference.add_steps(noise(height, width), [["resize", *to, name]])
        for kind in (checkerboard, zone_plate, extremes):
            for to in [(16, 16), (63, 65), (50, 96), (160, 100), (64, 30), (20, 96)]:
                reference.add_steps(kind(64, 96), [["resize", *to, name]])
        for channels in (1, 2, 4):
            for to in [(20, 31), (57, 71), (40, 50), (33, 50)]:
                reference.add_steps(noise(40, 50, channels), [["resize", *to, name]])
        reference.add_steps(extremes(2, 3000), [["resize", 900, 2, name]])
        reference.add_steps(extremes(3000, 2), [["resize", 2, 900, name]])
        reference.add_steps(zone_plate(375, 500), [["resize", 224, 224, name]])
        reference.add_steps(extremes(300, 300), [["resize", 224, 224, name]])


def random_step(height, width):
    kind = choice.choice(["crop", "crop", "resize", "mirror", "flip", "pad"])
    if kind == "crop":
        w, h = choice.randint(1, width), choice.randint(1, height)
        return ["crop", choice.randint(0, width - w), choice.randint(0, height - h), w, h]
    if kind == "pad":
        return ["crop", choice.randint(-9, 9), choice.randint(-9, 9), choice.randint(1, 40), choice.randint(1, 40)]
    if kind == "resize":
        to = [choice.choice([height, choice.randint(1, 48)]), choice.choice([width, choice.randint(1, 48)])]
        return ["resize", *to, choice.choice(list(FILTERS))]
    return [kind]


def add_random_sequences(reference):
    for _ in range(1500):
        array = noise(choice.randint(1, 40), choice.randint(1, 40), choice.choice([1, 2, 3, 3, 4]))
        height, width = array.shape[:2]
        steps = []
        for _ in range(choice.randint(1, 6)):
            steps.append(random_step(height, width))
            if steps[-1][0] == "crop":
                width, height = steps[-1][3:]
            elif steps[-1][0] == "resize":
                height, width = steps[-1][1:3]
        reference.add_steps(array, steps)


def add_pipelines(reference):
    flip = {"op": "RandomHorizontalFlip", "p": 1.0}
    imagenet = {"op": "Normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    images = [noise(40, 57), zone_plate(61, 33), checkerboard(28, 28), noise(3, 200), noise(1, 1)]
    geometries = []
    for name in FILTERS:
        geometries.append([{"op": "Resize", "size": 37, "interpolation": name}, {"op": "CenterCrop", "size": 32}])
    geometries.append([{"op": "Resize", "size": 40, "max_size": 50}, {"op": "CenterCrop", "size": [31, 44]}])
    geometries.append([{"op": "CenterCrop", "size": [30, 71]}])
    geometries.append([{"op": "CenterCrop", "size": [51, 20]}, flip, {"op": "CenterCrop", "size": [26, 33]}])
    geometries.append([{"op": "Resize", "size": [19, 45]}, flip])
    geometries.append([{"op": "Resize", "size": [19, 45]}, {"op": "RandomVerticalFlip", "p": 1.0}])
    geometries.append([{"op": "Resize", "size": [19, 45]}, {"op": "ColorJitter", "brightness": 0.4, "contrast": 0.4}])
    geometries.append([flip, {"op": "Resize", "size": [19, 45]}, {"op": "Resize", "size": [50, 20]}])
    geometries.append([{"op": "RandomResizedCrop", "size": 24}, {"op": "RandomHorizontalFlip"}])
    geometries.append(
        [{"op": "RandomResizedCrop", "size": [24, 31], "scale": [0.3, 0.4], "ratio": [2, 3], "interpolation": "lanczos"}]
    )
    for geometry in geometries:
        for array in images:
            for dtype, layout in [("u8", "nhwc"), ("u8", "nchw"), ("f32", "nchw"), ("f16", "nhwc")]:
                transforms = geometry + ([] if dtype == "u8" else [imagenet])
                pipeline = {"transforms": transforms, "dtype": dtype, "layout": layout}
                reference.add_pipeline(array, pipeline, choice.getrandbits(64), choice.getrandbits(64))
    for dtype in ("f16", "f32"):  # every byte value, with and without Normalize; tiny and infinite halves
        every_byte = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
        for normalize in ([], [0.5, 0.25], [0.25, 1e5], [0.1307, 3e-6]):
            ops = [{"op": "Normalize", "mean": normalize[:1], "std": normalize[1:]}] if normalize else []
            reference.add_pipeline(every_byte, {"transforms": ops, "dtype": dtype, "layout": "nhwc"})


def colour_images():
    """Sides at which filters end, grey values at their limits, and every hue."""
    images = [noise(height, width) for height, width in [(1, 1), (1, 9), (9, 1), (2, 2), (2, 7), (3, 3), (31, 17)]]
    images += [np.full((5, 6, 3), value, np.uint8) for value in (0, 1, 254, 255)]
    images += [extremes(12, 13), zone_plate(40, 33), noise(64, 48) // 4 + 90, noise(20, 20, 1), extremes(7, 9, 1)]
    wheel = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3) * 2654435761 >> 7
    return images + [wheel.astype(np.uint8), np.arange(256, dtype=np.uint8).reshape(16, 16, 1)]


def colour_ops():
    """Every operation with fixed parameters, and ranges whose draws the twin repeats."""
    ops = []
    for name in ("brightness", "contrast", "saturation"):
        for factor in (0.0, 0.3, 0.999, 1.0, 1.7, 12.5):
            ops.append({"op": "ColorJitter", name: [factor, factor]})
    ops += [{"op": "ColorJitter", "hue": [h, h]} for h in (-0.5, -0.31, -0.001, 0.25, 0.5)]
    ops.append({"op": "ColorJitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1})
    ops.append({"op": "ColorJitter", "brightness": 1.5, "hue": [-0.5, 0.5]})
    ops += [{"op": "Grayscale", "num_output_channels": 3}, {"op": "Grayscale"}, {"op": "RandomGrayscale", "p": 1}]
    ops += [{"op": "RandomAdjustSharpness", "sharpness_factor": f, "p": 1} for f in (0, 0.4, 1, 2, 11.5)]
    ops += [{"op": "RandomPosterize", "bits": bits, "p": 1} for bits in range(9)]
    ops += [{"op": "JPEG", "quality": [low, high]} for low, high in [(1, 1), (50, 50), (75, 75), (100, 100), (2, 99)]]
    ops += [{"op": "RandomSolarize", "threshold": t, "p": 1} for t in (0, 1, 127.5, 128, 255, 256, -3)]
    ops += [{"op": "Random" + name, "p": 1} for name in ("Autocontrast", "Equalize", "Invert", "VerticalFlip")]
    return ops


def add_colours(reference):
    images = colour_images()
    for op in colour_ops():
        for array in images:
            add_bytes(reference, array, [op])
    often = [{"op": "ColorJitter", "brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.2}]
    often += [{"op": "RandomHorizontalFlip"}, {"op": "RandomVerticalFlip"}, {"op": "RandomGrayscale", "p": 0.3}]
    often += [op for op in colour_ops() if op["op"] not in ("Grayscale", "ColorJitter")]
    for _ in range(400):  # tables that add up, and mirroring and cropping in between
        ops = [choice.choice(often) | ({"p": 0.6} if choice.random() < 0.5 else {}) for _ in range(choice.randint(2, 6))]
        if choice.random() < 0.4:
            ops.insert(choice.randint(0, len(ops)), {"op": "RandomResizedCrop", "size": [choice.randint(3, 30), 21]})
        add_bytes(reference, choice.choice(images), [without_probability(op) for op in ops])


def border_ops():
    ops = []
    for mode in ("constant", "edge", "reflect", "symmetric"):
        for padding in (3, [1, 5], [0, 4, 2, 0]):
            ops.append({"op": "Pad", "padding": padding, "padding_mode": mode, "fill": [10, 200, 77]})
            ops.append({"op": "RandomCrop", "size": 8, "padding": padding, "padding_mode": mode, "pad_if_needed": True})
        ops.append({"op": "RandomCrop", "size": [3, 20], "pad_if_needed": True, "padding_mode": mode, "fill": 127})
    return ops


def warp_ops():
    ops = []
    for interpolation in ("nearest", "bilinear", "bicubic"):
        common = {"interpolation": interpolation, "fill": [9, 99, 199]}
        for angle in (0, 90, 180, 270, -90, 45, 30, -123.456, 719.5):
            for expand in (False, True):
                ops.append({"op": "RandomRotation", "degrees": [angle, angle], "expand": expand} | common)
        ops.append({"op": "RandomRotation", "degrees": 33, "center": [2, -1]} | common)
        ops.append({"op": "RandomRotation", "degrees": [90, 90], "center": [4, 3]} | common)
        ops.append({"op": "RandomAffine", "degrees": 0, "translate": [0.4, 0.3]} | common)
        ops.append({"op": "RandomAffine", "degrees": 0, "scale": [0.3, 2.7]} | common)
        ops.append({"op": "RandomAffine", "degrees": 0, "shear": [-60, 60, -60, 60]} | common)
        ops.append({"op": "RandomAffine", "degrees": [90, 90], "center": [0, 0]} | common)
        ops.append({"op": "RandomAffine", "degrees": 180, "translate": [1, 1], "scale": [0.5, 3], "shear": 30} | common)
    return ops


def add_borders_and_warps(reference):
    images = [noise(height, width) for height, width in [(1, 1), (1, 9), (9, 1), (2, 2), (8, 8), (31, 17), (24, 24)]]
    images += [extremes(12, 13), zone_plate(40, 33), checkerboard(16, 16)]
    all_of_it = {"op": "CenterCrop", "size": [60, 60]}  # rows need one size, whatever the angle
    for op in border_ops() + warp_ops():
        for array in images:
            add_bytes(reference, array, [op, all_of_it] if op.get("expand") else [op])
        if not op.get("expand"):
            add_bytes(reference, noise(10, 11, 1), [op | {"fill": 50}])
    far = {"op": "RandomAffine", "degrees": 20, "scale": [1e-3, 1e-3]}  # positions beyond 16 bits
    add_bytes(reference, noise(60, 61), [far])
    for _ in range(300):
        sizes = [choice.randint(1, 60) for _ in range(choice.randint(1, 3))]
        ops = [{"op": "RandomShortestSize", "min_size": sizes, "max_size": choice.randint(20, 70)}]
        ops += [choice.choice(border_ops() + warp_ops()) for _ in range(choice.randint(1, 3))]
        ops += choice.choice([[], [{"op": "RandomHorizontalFlip"}], [{"op": "RandomVerticalFlip", "p": 1}]])
        choice.shuffle(ops)
        ops.append({"op": "CenterCrop", "size": [13, 16]})
        add_bytes(reference, choice.choice(images), ops)


def add_perspectives(reference):
    """The pixels of given coefficients, and the coefficients of given corners."""
    for height, width in [(9, 7), (31, 17), (40, 40), (2, 50)]:
        for interpolation in ("nearest", "bilinear", "bicubic"):
            for distortion in (0.1, 0.5, 0.9):
                array = choice.choice([noise, zone_plate, extremes])(height, width)
                stream = Stream(choice.getrandbits(64), choice.getrandbits(64), 3)
                corners = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
                drawn = draw_corners(width, height, distortion, stream)
                matrix = [float(c) for c in perspective_coefficients(corners, drawn)]
                result = on_image(
                    array,
                    lambda image: image.transform(
                        image.size, Image.Transform.PERSPECTIVE, matrix, FILTERS[interpolation], fillcolor=(1, 2, 3)
                    ),
                )
                case = {"input": reference.image(array), "expected": reference.image(result)}
                case |= {"perspective": matrix, "interpolation": interpolation, "distortion": distortion}
                reference.cases.append(case | {"key": stream.key, "sample": stream.sample, "op": 3, "corners": drawn})


def add_policies(reference):
    images = [noise(height, width) for height, width in [(1, 1), (1, 9), (8, 8), (31, 17), (32, 32)]]
    images += [zone_plate(40, 33), extremes(16, 20), noise(24, 24, 1)]
    ops = [{"op": "AutoAugment", "policy": name, "fill": 90} for name in ("imagenet", "cifar10", "svhn")]
    ops.append({"op": "AutoAugment", "policy": "cifar10", "interpolation": "bicubic"})
    ops += [{"op": "RandAugment"}, {"op": "RandAugment", "num_ops": 4, "magnitude": 30, "interpolation": "bilinear"}]
    ops += [{"op": "TrivialAugmentWide"}, {"op": "TrivialAugmentWide", "interpolation": "bilinear", "fill": 128}]
    ops += [{"op": "AugMix"}, {"op": "AugMix", "severity": 10, "mixture_width": 2, "chain_depth": 2, "alpha": 0.4}]
    ops.append({"op": "AugMix", "all_ops": False, "interpolation": "nearest", "alpha": 3.0, "fill": 40})
    for op in ops:
        for array in images:
            for _ in range(8):
                add_bytes(reference, array, [op])


def add_controls(reference):
    images = [noise(31, 17), zone_plate(40, 33), noise(9, 9)]
    jitter = {"op": "ColorJitter", "brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.2}
    pieces = [jitter, {"op": "RandomHorizontalFlip"}, {"op": "RandomInvert"}, {"op": "RandomRotation", "degrees": 40}]
    pieces += [{"op": "RandomCrop", "size": 7}, {"op": "RandomPosterize", "bits": 2}, {"op": "RandomGrayscale", "p": 0.5}]
    pieces += [{"op": "RandomSolarize", "threshold": 99}, {"op": "Pad", "padding": 2, "padding_mode": "reflect"}]

    def random_list(depth):
        ops = [choice.choice(pieces) for _ in range(choice.randint(1, 3))]
        if depth > 0:
            ops.append(random_control(depth - 1))
        choice.shuffle(ops)
        return ops

    def random_control(depth):
        op = {"op": choice.choice(["RandomApply", "RandomChoice", "RandomOrder"]), "transforms": random_list(depth)}
        if op["op"] == "RandomApply":
            op["p"] = choice.choice([0, 0.5, 1])
        if op["op"] == "RandomChoice" and choice.random() < 0.5:
            op["p"] = [choice.choice([0.5, 1, 3]) for _ in op["transforms"]]
        return op

    for _ in range(300):
        ops = [random_control(choice.randint(0, 3)), jitter, {"op": "CenterCrop", "size": [8, 9]}]
        add_bytes(reference, choice.choice(images), ops)


def add_erasings(reference):
    imagenet = {"op": "Normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    for value in (0, 7, [3, 250, 9], "random"):
        for dtype, layout in [("u8", "nhwc"), ("u8", "nchw"), ("f32", "nchw"), ("f32", "nhwc"), ("f16", "nchw")]:
            if dtype == "u8" and value == "random":
                continue
            for _ in range(10):
                ops = [{"op": "RandomErasing", "p": 0.8, "value": value, "scale": [0.02, 0.9]}]
                ops.append({"op": "RandomErasing", "ratio": [0.1, 9]})
                ops = ([] if dtype == "u8" else [imagenet]) + ops
                pipeline = {"transforms": ops, "dtype": dtype, "layout": layout}
                shape = choice.choice([(1, 1), (2, 9), (24, 17), (32, 32)])
                reference.add_pipeline(noise(*shape), pipeline, choice.getrandbits(64), choice.getrandbits(64))


def gaussian_blurred(array, kernel_size, sigma):
    """torchvision's gaussian_blur, in double and not rounded."""
    kernels = []
    for size in kernel_size:
        x = np.arange(size) - size // 2
        density = np.exp(-0.5 * (x / sigma) ** 2)
        kernels.append(density / density.sum())
    rx, ry = kernel_size[0] // 2, kernel_size[1] // 2
    padded = np.pad(array.astype(float), ((ry, ry), (rx, rx), (0, 0)), "reflect")
    rows = sum(w * padded[i : i + array.shape[0]] for i, w in enumerate(kernels[1]))
    return sum(w * rows[:, i : i + array.shape[1]] for i, w in enumerate(kernels[0]))


def add_blurs(reference):
    """What pillow_test compares with a tolerance: thousandths of a level."""
    for kernel_size in ([1, 1], [3, 3], [5, 9], [23, 3]):
        for sigma in (0.1, 0.8, 2.0, 25.0):
            for array in (noise(24, 31), extremes(30, 25), zone_plate(40, 33), noise(13, 12, 1)):
                case = {"input": reference.image(array), "kernel_size": kernel_size, "sigma": sigma}
                levels = np.rint(gaussian_blurred(array, kernel_size, sigma) * 1000).astype(np.int32)
                case["blurred"] = reference.store(np.ascontiguousarray(levels))
                reference.cases.append(case)


def without_probability(op):
    return {key: value for key, value in op.items() if key != "p" or op["op"] not in ("ColorJitter", "JPEG")}


def add_bytes(reference, array, ops):
    pipeline = {"transforms": ops, "dtype": "u8", "layout": "nhwc"}
    reference.add_pipeline(array, pipeline, choice.getrandbits(64), choice.getrandbits(64))


def rule_tables():
    sides = [1, 2, 3, 7, 99, 100, 101, 224, 333, 500, 4999, 65500]
    resizes, crops, draws = [], [], []
    for height in sides:
        for width in sides:
            for size, max_size in [(1, None), (224, None), (256, None), (256, 257), (331, 400), ([17, 19], None)]:
                result = resized_size(height, width, size, max_size)
                resizes.append({"image": [height, width], "size": size, "max_size": max_size or 0, "result": result})
            for size in [(1, 1), (2, 3), (224, 224), (99, 501)]:
                box = center_crop_box(height, width, size)
                crops.append({"image": [height, width], "size": size, "result": box})
    shapes = [(1, 1), (1, 1000), (1000, 1), (375, 500), (500, 375), (64, 64), (3, 5)]
    ranges = [((0.08, 1.0), (0.75, 1.3333)), ((0.5, 0.5), (1, 1)), ((0.9, 1.0), (3.0, 4.0)), ((1, 1), (0.2, 0.3))]
    for index in range(1400):
        key, sample, op = choice.getrandbits(64), choice.getrandbits(64), choice.getrandbits(32)
        height, width = shapes[index % len(shapes)]
        scale, ratio = ranges[index // len(shapes) % len(ranges)]
        box = resized_crop_box(height, width, scale, ratio, Stream(key, sample, op))
        draw = {"key": key, "sample": sample, "op": op, "image": [height, width], "scale": scale, "ratio": ratio}
        draws.append(draw | {"result": box})
    return {"resizes": resizes, "center_crops": crops, "resized_crops": draws}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    reference = Reference()
    add_resizes(reference)
    add_random_sequences(reference)
    add_pipelines(reference)
    add_colours(reference)
    add_borders_and_warps(reference)
    add_perspectives(reference)
    add_policies(reference)
    add_controls(reference)
    add_erasings(reference)
    add_blurs(reference)
    (folder / "pixels.bin").write_bytes(reference.bytes)
    (folder / "cases.json").write_text(json.dumps(reference.cases))
    (folder / "rules.json").write_text(json.dumps(rule_tables()))
    print(f"Pillow {PIL.__version__}: {len(reference.cases)} cases, {len(reference.bytes)} bytes")


if __name__ == "__main__":
    main()
