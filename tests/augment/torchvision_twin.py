"""torchvision 0.14's transforms on PIL images, once more and independently of the C++: Pillow does the pixels, the
arithmetic and the draws are written down here. torchvision_twin_test.py compares it with torchvision itself.
"""

import io
import math

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from torchvision_policies import POLICIES, normal_pairs

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
MODES = {1: "L", 3: "RGB", 4: "CMYK"}  # CMYK: four channels that Pillow resamples independently

def on_image(array, operation):
    """Applies a PIL operation to an array of any number of channels."""
    channels = array.shape[2]
    if channels == 2:
        planes = [on_image(array[:, :, c : c + 1], operation) for c in range(2)]
        return np.concatenate(planes, axis=2)
    height, width = array.shape[:2]
    image = operation(Image.frombytes(MODES[channels], (width, height), array.tobytes()))
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, len(image.getbands()))


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


# ---- operations: ["crop", x, y, width, height], ["resize", height, width, filter], ["mirror"], ["flip"] ----


def apply_step(array, step):
    if step[0] == "crop":
        x, y, width, height = step[1:]
        return on_image(array, lambda image: image.crop((x, y, x + width, y + height)))
    if step[0] == "resize":
        height, width, name = step[1:]
        return on_image(array, lambda image: image.resize((width, height), FILTERS[name]))
    side = Image.Transpose.FLIP_LEFT_RIGHT if step[0] == "mirror" else Image.Transpose.FLIP_TOP_BOTTOM
    return on_image(array, lambda image: image.transpose(side))


def geometry_steps(op, height, width, stream):
    """The steps of a transform that only moves and resamples pixels, on an image of this size."""
    kind = op["op"]
    interpolation = op.get("interpolation", "bilinear")
    both = [op.get("size")] * 2 if isinstance(op.get("size"), int) else op.get("size")
    if kind == "Resize":
        return [["resize", *resized_size(height, width, op["size"], op.get("max_size")), interpolation]]
    if kind == "CenterCrop":
        return [["crop", *center_crop_box(height, width, both)]]
    if kind == "RandomResizedCrop":
        scale, ratio = op.get("scale", (0.08, 1.0)), op.get("ratio", (3 / 4, 4 / 3))
        return [["crop", *resized_crop_box(height, width, scale, ratio, stream)], ["resize", *both, interpolation]]
    if kind == "RandomHorizontalFlip":
        return [["mirror"]] if stream.uniform() < op.get("p", 0.5) else []
    if kind == "RandomShortestSize":
        sizes = [op["min_size"]] if isinstance(op["min_size"], int) else op["min_size"]
        ratio = sizes[stream.below(len(sizes))] / min(height, width)
        if "max_size" in op:
            ratio = min(ratio, op["max_size"] / max(height, width))
        return [["resize", max(1, int(height * ratio)), max(1, int(width * ratio)), interpolation]]
    if kind == "RandomVerticalFlip":
        return [["flip"]] if stream.uniform() < op.get("p", 0.5) else []
    return None


# ---- borders and warps: torchvision.transforms.functional_pil ----


def sides_of(padding):
    sides = [padding] if isinstance(padding, int) else padding
    if len(sides) == 1:
        return sides * 4
    return [sides[0], sides[1], sides[0], sides[1]] if len(sides) == 2 else sides


def fill_of(op, channels):
    fill = op.get("fill", 0)
    if isinstance(fill, int):
        return fill if channels == 1 else (fill,) * channels
    return fill[0] if channels == 1 else tuple(fill) if len(fill) > 1 else tuple(fill) * channels


def pad(array, sides, op):
    left, top, right, bottom = sides
    mode = op.get("padding_mode", "constant")
    if mode == "constant":
        fill = fill_of(op, array.shape[2])
        return on_image(array, lambda image: ImageOps.expand(image, (left, top, right, bottom), fill))
    return np.pad(array, ((top, bottom), (left, right), (0, 0)), mode)


def random_crop(op, array, stream):
    height, width = [op["size"]] * 2 if isinstance(op["size"], int) else op["size"]
    if op.get("padding"):
        array = pad(array, sides_of(op["padding"]), op)
    if op.get("pad_if_needed") and array.shape[1] < width:
        array = pad(array, sides_of([width - array.shape[1], 0]), op)
    if op.get("pad_if_needed") and array.shape[0] < height:
        array = pad(array, sides_of([0, height - array.shape[0]]), op)
    i = j = 0
    if (height, width) != array.shape[:2]:
        i = stream.below(array.shape[0] - height + 1)
        j = stream.below(array.shape[1] - width + 1)
    return np.ascontiguousarray(array[i : i + height, j : j + width])


def around_zero(value):
    return [-value, value] if isinstance(value, (int, float)) else value


def random_rotation(op, image, stream):
    angle = stream.uniform(*around_zero(op["degrees"]))
    resample = FILTERS[op.get("interpolation", "nearest")]
    fill = fill_of(op, len(image.getbands()))
    return image.rotate(angle, resample, op.get("expand", False), op.get("center"), fillcolor=fill)


def inverse_affine_matrix(center, angle, translate, scale, shear):
    rotation, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(rotation - sy) / math.cos(sy)
    b = -math.cos(rotation - sy) * math.tan(sx) / math.cos(sy) - math.sin(rotation)
    c = math.sin(rotation - sy) / math.cos(sy)
    d = -math.sin(rotation - sy) * math.tan(sx) / math.cos(sy) + math.cos(rotation)
    matrix = [x / scale for x in [d, -b, 0.0, -c, a, 0.0]]
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    matrix[2] += matrix[0] * x + matrix[1] * y
    matrix[5] += matrix[3] * x + matrix[4] * y
    matrix[2] += center[0]
    matrix[5] += center[1]
    return matrix


def affine(image, angle, translate, scale, shear, resample, fill, center=None):
    if center is None:
        center = [image.width * 0.5, image.height * 0.5]
    matrix = inverse_affine_matrix(center, angle, translate, scale, shear)
    return image.transform(image.size, Image.Transform.AFFINE, matrix, resample, fillcolor=fill)


def random_affine(op, image, stream):
    angle = stream.uniform(*around_zero(op["degrees"]))
    translate = [0, 0]
    if "translate" in op:
        reach = [float(op["translate"][0] * image.width), float(op["translate"][1] * image.height)]
        translate = [int(round(stream.uniform(-r, r))) for r in reach]
    scale = stream.uniform(*op["scale"]) if "scale" in op else 1.0
    shear = [0.0, 0.0]
    if "shear" in op:
        ranges = around_zero(op["shear"])
        shear[0] = stream.uniform(*ranges[:2])
        if len(ranges) == 4:
            shear[1] = stream.uniform(*ranges[2:])
    resample = FILTERS[op.get("interpolation", "nearest")]
    fill = fill_of(op, len(image.getbands()))
    return affine(image, angle, translate, scale, shear, resample, fill, op.get("center"))


def perspective_coefficients(startpoints, endpoints):
    rows = []
    for (x, y), (u, v) in zip(endpoints, startpoints):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.linalg.solve(np.array(rows, float), np.array(startpoints, float).reshape(8))


def draw_corners(width, height, distortion_scale, stream):
    dx, dy = int(distortion_scale * (width // 2)), int(distortion_scale * (height // 2))

    def near_begin(reach):
        return stream.below(reach + 1)

    def near_end(side, reach):
        return side - reach - 1 + stream.below(reach + 1)

    top_left = [near_begin(dx), near_begin(dy)]
    top_right = [near_end(width, dx), near_begin(dy)]
    bottom_right = [near_end(width, dx), near_end(height, dy)]
    bottom_left = [near_begin(dx), near_end(height, dy)]
    return [top_left, top_right, bottom_right, bottom_left]


def warp_function(op, image, stream):
    """Rotation and affine as a whole; the pixels alone of a perspective with given coefficients."""
    return {"RandomRotation": random_rotation, "RandomAffine": random_affine}[op["op"]](op, image, stream)


# ---- colours: torchvision.transforms.functional_pil ----


def adjust_hue(image, factor):
    if image.mode == "L":
        return image
    h, s, v = image.convert("HSV").split()
    shifted = np.array(h, dtype=np.uint8) + np.uint8(int(factor * 255) % 256)
    return Image.merge("HSV", (Image.fromarray(shifted, "L"), s, v)).convert("RGB")


def to_grayscale(image, channels):
    gray = image.convert("L")
    return gray if channels == 1 else Image.merge("RGB", (gray, gray, gray))


def jitter_range(op, name, center):
    value = op.get(name, 0)
    if isinstance(value, list):
        return value
    low = center - value
    return [max(0.0, low) if center == 1 else low, center + value]


def color_jitter(op, image, stream):
    order = [0, 1, 2, 3]
    for i in (3, 2, 1):
        j = stream.below(i + 1)
        order[i], order[j] = order[j], order[i]
    factors = []
    for name, center in (("brightness", 1), ("contrast", 1), ("saturation", 1), ("hue", 0)):
        low, high = jitter_range(op, name, center)
        factors.append(None if low == high == center else stream.uniform(low, high))
    for which in order:
        if factors[which] is None:
            continue
        if which == 3:
            image = adjust_hue(image, factors[3])
        else:
            enhance = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)[which]
            image = enhance(image).enhance(factors[which])
    return image


def colour_function(op, image, stream):
    """What a transform makes of an image's colours."""
    kind = op["op"]
    if kind == "ColorJitter":
        return color_jitter(op, image, stream)
    if kind == "Grayscale":
        return to_grayscale(image, op.get("num_output_channels", 1))
    if kind == "JPEG":
        low, high = op["quality"]
        file = io.BytesIO()
        image.save(file, format="JPEG", quality=low + stream.below(high - low + 1))
        return Image.open(file)
    if stream.uniform() >= op.get("p", 0.1 if kind == "RandomGrayscale" else 0.5):
        return image
    if kind == "RandomGrayscale":
        return to_grayscale(image, len(image.getbands()))
    if kind == "RandomAdjustSharpness":
        return ImageEnhance.Sharpness(image).enhance(op["sharpness_factor"])
    if kind == "RandomAutocontrast":
        return ImageOps.autocontrast(image)
    if kind == "RandomEqualize":
        return ImageOps.equalize(image)
    if kind == "RandomPosterize":
        return ImageOps.posterize(image, op["bits"])
    if kind == "RandomSolarize":
        return ImageOps.solarize(image, op["threshold"])
    if kind == "RandomInvert":
        return ImageOps.invert(image)
    raise ValueError(kind)


# ---- whole pipelines ----


def tree_size(op):
    """A transform and all that stand in its lists."""
    return 1 + sum(tree_size(inner) for inner in op.get("transforms", []))


def apply_control(op, array, key, sample, index):
    stream = Stream(key, sample, index)
    inner = op["transforms"]
    indices = [index + 1 + sum(tree_size(before) for before in inner[:i]) for i in range(len(inner))]
    if op["op"] == "RandomApply":
        order = range(len(inner)) if stream.uniform() < op.get("p", 0.5) else []
    elif op["op"] == "RandomChoice":
        if "p" in op:
            point = stream.uniform() * sum(op["p"])
            order = [next(i for i in range(len(inner)) if point < sum(op["p"][: i + 1]))]
        else:
            order = [stream.below(len(inner))]
    else:
        order = list(range(len(inner)))
        for i in range(len(inner) - 1, 0, -1):
            j = stream.below(i + 1)
            order[i], order[j] = order[j], order[i]
    for i in order:
        array = apply_transform(inner[i], array, key, sample, indices[i])
    return array


def apply_transform(op, array, key, sample, index):
    """`index`: the transform's number in the pipeline, which its randomness depends on."""
    if op["op"] in ("Normalize", "RandomErasing"):
        return array  # converted() and erased() do it
    if "transforms" in op:
        return apply_control(op, array, key, sample, index)
    stream = Stream(key, sample, index)
    steps = geometry_steps(op, array.shape[0], array.shape[1], stream)
    if op["op"] in POLICIES:
        policy = POLICIES[op["op"]]
        resample = FILTERS[op.get("interpolation", "bilinear" if op["op"] == "AugMix" else "nearest")]
        fill = fill_of(op, array.shape[2])
        return on_image(array, lambda image: policy(op, image, resample, fill, stream))
    if op["op"] == "Pad":
        return pad(array, sides_of(op["padding"]), op)
    if op["op"] == "RandomCrop":
        return random_crop(op, array, stream)
    if steps is None:
        function = warp_function if op["op"] in ("RandomRotation", "RandomAffine") else colour_function
        return on_image(array, lambda image: function(op, image, stream))
    for step in steps:
        array = apply_step(array, step)
    return array


def apply_transforms(transforms, array, key, sample):
    index = 0
    for op in transforms:
        array = apply_transform(op, array, key, sample, index)
        index += tree_size(op)
    return array


def erased(array, op, stream):
    """RandomErasing of the converted image, height x width x channels."""
    if stream.uniform() >= op.get("p", 0.5):
        return array
    height, width, channels = array.shape
    (low, high), ratio = op.get("scale", (0.02, 0.33)), op.get("ratio", (0.3, 3.3))
    for _ in range(10):
        area = height * width * stream.uniform(low, high)
        aspect = math.exp(stream.uniform(math.log(ratio[0]), math.log(ratio[1])))
        h, w = int(round(math.sqrt(area * aspect))), int(round(math.sqrt(area / aspect)))
        if not (h < height and w < width):
            continue
        i, j = stream.below(height - h + 1), stream.below(width - w + 1)
        array = array.copy()
        if op.get("value", 0) == "random":
            normal = normal_pairs(stream)
            values = np.array([next(normal) for _ in range(channels * h * w)]).reshape(channels, h, w)
            array[i : i + h, j : j + w] = values.astype(np.float32).transpose(1, 2, 0)
        else:
            array[i : i + h, j : j + w] = np.asarray(op.get("value", 0), np.float32)
        return array
    return array


def converted(array, pipeline, key=0, sample=0):
    """torchvision's ToTensor, Normalize and RandomErasing in float32."""
    dtype = pipeline.get("dtype", "u8")
    if dtype != "u8":
        array = array.astype(np.float32) / np.float32(255)
        for op in pipeline["transforms"]:
            if op["op"] == "Normalize":
                array = (array - np.array(op["mean"], np.float32)) / np.array(op["std"], np.float32)
    index = 0
    for op in pipeline["transforms"]:
        if op["op"] == "RandomErasing":
            array = erased(array, op, Stream(key, sample, index))
        index += tree_size(op)
    if dtype == "f16":
        with np.errstate(over="ignore"):
            array = array.astype(np.float16)
    if pipeline.get("layout", "nchw") == "nchw":
        array = array.transpose(2, 0, 1)
    return np.ascontiguousarray(array)
