"""Writes what Pillow and torchvision's arithmetic make of generated images, for pillow_test to compare bit for bit.

    pillow_reference.py OUTPUT_DIRECTORY

Geometry is done by Pillow, one operation after another, as torchvision does it on a PIL image. The arithmetic of
torchvision 0.14 is written down here once more, independently of the C++.
"""

import json
import math
import random
import sys
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
MODES = {1: "L", 3: "RGB", 4: "CMYK"}  # CMYK: four channels that Pillow resamples independently

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


def on_image(array, operation):
    """Applies a PIL operation to an array of any number of channels."""
    channels = array.shape[2]
    if channels == 2:
        planes = [on_image(array[:, :, c : c + 1], operation) for c in range(2)]
        return np.concatenate(planes, axis=2)
    height, width = array.shape[:2]
    image = operation(Image.frombytes(MODES[channels], (width, height), array.tobytes()))
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, channels)


# ---- torchvision's arithmetic ----


def resized_size(height, width, size, max_size=None):
    if not isinstance(size, int):
        return tuple(size)
    short, long = min(height, width), max(height, width)
    new_short, new_long = size, int(size * long / short)
    if max_size is not None and new_long > max_size:
        new_short, new_long = int(max_size * new_short / new_long), max_size
    new_short = max(new_short, 1)  # torchvision fails here
    return (new_long, new_short) if width <= height else (new_short, new_long)


def center_crop_box(height, width, size):
    crop_height, crop_width = size
    left = (crop_width - width) // 2 if crop_width > width else 0
    top = (crop_height - height) // 2 if crop_height > height else 0
    padded_width, padded_height = max(width, crop_width), max(height, crop_height)
    crop_top = int(round((padded_height - crop_height) / 2.0))
    crop_left = int(round((padded_width - crop_width) / 2.0))
    return (crop_left - left, crop_top - top, crop_width, crop_height)


def philox(counter, key):
    mask = 0xFFFFFFFF
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & mask, (p0 >> 32) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


class Stream:
    """slabring::RandomStream."""

    def __init__(self, key, sample, op):
        self.words = []
        self.block = 0
        self.key, self.sample, self.op = key, sample, op

    def bits(self):
        if not self.words:
            mask = 0xFFFFFFFF
            counter = [self.sample & mask, self.sample >> 32, self.op, self.block]
            out = philox(counter, [self.key & mask, self.key >> 32])
            self.words = [out[1] << 32 | out[0], out[3] << 32 | out[2]]
            self.block += 1
        return self.words.pop(0)

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * ((self.bits() >> 11) / 2.0**53)

    def below(self, bound):
        while True:
            product = self.bits() * bound
            if product % 2**64 >= 2**64 % bound:
                return product >> 64


def resized_crop_box(height, width, scale, ratio, stream):
    area = height * width
    for _ in range(10):
        target_area = area * stream.uniform(scale[0], scale[1])
        aspect_ratio = math.exp(stream.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w = int(round(math.sqrt(target_area * aspect_ratio)))
        h = int(round(math.sqrt(target_area / aspect_ratio)))
        if 0 < w <= width and 0 < h <= height:
            i = stream.below(height - h + 1)
            j = stream.below(width - w + 1)
            return (j, i, w, h)
    in_ratio = float(width) / float(height)
    w, h = width, height
    if in_ratio < min(ratio):
        h = int(round(w / min(ratio)))
    elif in_ratio > max(ratio):
        w = int(round(h * max(ratio)))
    w, h = max(w, 1), max(h, 1)  # torchvision fails here
    return ((width - w) // 2, (height - h) // 2, w, h)


# ---- operations: ["crop", x, y, width, height], ["resize", height, width, filter], ["mirror"] ----


def apply_step(array, step):
    if step[0] == "crop":
        x, y, width, height = step[1:]
        return on_image(array, lambda image: image.crop((x, y, x + width, y + height)))
    if step[0] == "resize":
        height, width, name = step[1:]
        return on_image(array, lambda image: image.resize((width, height), FILTERS[name]))
    return on_image(array, lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def pipeline_steps(op, height, width, position, key, sample):
    """The steps of one transform of a pipeline file, on an image of this size."""
    kind = op["op"]
    interpolation = op.get("interpolation", "bilinear")
    both = [op.get("size")] * 2 if isinstance(op.get("size"), int) else op.get("size")
    if kind == "Resize":
        return [["resize", *resized_size(height, width, op["size"], op.get("max_size")), interpolation]]
    if kind == "CenterCrop":
        return [["crop", *center_crop_box(height, width, both)]]
    if kind == "RandomResizedCrop":
        scale, ratio = op.get("scale", (0.08, 1.0)), op.get("ratio", (3 / 4, 4 / 3))
        box = resized_crop_box(height, width, scale, ratio, Stream(key, sample, position))
        return [["crop", *box], ["resize", *both, interpolation]]
    if kind == "RandomHorizontalFlip":
        return [["mirror"]] if Stream(key, sample, position).uniform() < op.get("p", 0.5) else []
    return []


def converted(array, pipeline):
    """torchvision's ToTensor and Normalize in float32."""
    dtype = pipeline.get("dtype", "u8")
    if dtype != "u8":
        array = array.astype(np.float32) / np.float32(255)
        for op in pipeline["transforms"]:
            if op["op"] == "Normalize":
                array = (array - np.array(op["mean"], np.float32)) / np.array(op["std"], np.float32)
        if dtype == "f16":
            with np.errstate(over="ignore"):
                array = array.astype(np.float16)
    if pipeline.get("layout", "nchw") == "nchw":
        array = array.transpose(2, 0, 1)
    return np.ascontiguousarray(array)


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
        result = array
        for position, op in enumerate(pipeline["transforms"]):
            for step in pipeline_steps(op, result.shape[0], result.shape[1], position, key, sample):
                result = apply_step(result, step)
        expected = {"height": result.shape[0], "width": result.shape[1], "channels": result.shape[2]}
        expected["offset"] = self.store(converted(result, pipeline))
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
    kind = choice.choice(["crop", "crop", "resize", "mirror", "pad"])
    if kind == "crop":
        w, h = choice.randint(1, width), choice.randint(1, height)
        return ["crop", choice.randint(0, width - w), choice.randint(0, height - h), w, h]
    if kind == "pad":
        return ["crop", choice.randint(-9, 9), choice.randint(-9, 9), choice.randint(1, 40), choice.randint(1, 40)]
    if kind == "resize":
        to = [choice.choice([height, choice.randint(1, 48)]), choice.choice([width, choice.randint(1, 48)])]
        return ["resize", *to, choice.choice(list(FILTERS))]
    return ["mirror"]


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
    (folder / "pixels.bin").write_bytes(reference.bytes)
    (folder / "cases.json").write_text(json.dumps(reference.cases))
    (folder / "rules.json").write_text(json.dumps(rule_tables()))
    print(f"Pillow {PIL.__version__}: {len(reference.cases)} cases, {len(reference.bytes)} bytes")


if __name__ == "__main__":
    main()
