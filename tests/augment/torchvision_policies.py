"""torchvision 0.14's augmentation policies on Pillow, once more: see torchvision_twin.py."""

import math

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

LEARNED = {
    "imagenet": [
        (("Posterize", 0.4, 8), ("Rotate", 0.6, 9)),
        (("Solarize", 0.6, 5), ("AutoContrast", 0.6, None)),
        (("Equalize", 0.8, None), ("Equalize", 0.6, None)),
        (("Posterize", 0.6, 7), ("Posterize", 0.6, 6)),
        (("Equalize", 0.4, None), ("Solarize", 0.2, 4)),
        (("Equalize", 0.4, None), ("Rotate", 0.8, 8)),
        (("Solarize", 0.6, 3), ("Equalize", 0.6, None)),
        (("Posterize", 0.8, 5), ("Equalize", 1.0, None)),
        (("Rotate", 0.2, 3), ("Solarize", 0.6, 8)),
        (("Equalize", 0.6, None), ("Posterize", 0.4, 6)),
        (("Rotate", 0.8, 8), ("Color", 0.4, 0)),
        (("Rotate", 0.4, 9), ("Equalize", 0.6, None)),
        (("Equalize", 0.0, None), ("Equalize", 0.8, None)),
        (("Invert", 0.6, None), ("Equalize", 1.0, None)),
        (("Color", 0.6, 4), ("Contrast", 1.0, 8)),
        (("Rotate", 0.8, 8), ("Color", 1.0, 2)),
        (("Color", 0.8, 8), ("Solarize", 0.8, 7)),
        (("Sharpness", 0.4, 7), ("Invert", 0.6, None)),
        (("ShearX", 0.6, 5), ("Equalize", 1.0, None)),
        (("Color", 0.4, 0), ("Equalize", 0.6, None)),
        (("Equalize", 0.4, None), ("Solarize", 0.2, 4)),
        (("Solarize", 0.6, 5), ("AutoContrast", 0.6, None)),
        (("Invert", 0.6, None), ("Equalize", 1.0, None)),
        (("Color", 0.6, 4), ("Contrast", 1.0, 8)),
        (("Equalize", 0.8, None), ("Equalize", 0.6, None)),
    ],
    "cifar10": [
        (("Invert", 0.1, None), ("Contrast", 0.2, 6)),
        (("Rotate", 0.7, 2), ("TranslateX", 0.3, 9)),
        (("Sharpness", 0.8, 1), ("Sharpness", 0.9, 3)),
        (("ShearY", 0.5, 8), ("TranslateY", 0.7, 9)),
        (("AutoContrast", 0.5, None), ("Equalize", 0.9, None)),
        (("ShearY", 0.2, 7), ("Posterize", 0.3, 7)),
        (("Color", 0.4, 3), ("Brightness", 0.6, 7)),
        (("Sharpness", 0.3, 9), ("Brightness", 0.7, 9)),
        (("Equalize", 0.6, None), ("Equalize", 0.5, None)),
        (("Contrast", 0.6, 7), ("Sharpness", 0.6, 5)),
        (("Color", 0.7, 7), ("TranslateX", 0.5, 8)),
        (("Equalize", 0.3, None), ("AutoContrast", 0.4, None)),
        (("TranslateY", 0.4, 3), ("Sharpness", 0.2, 6)),
        (("Brightness", 0.9, 6), ("Color", 0.2, 8)),
        (("Solarize", 0.5, 2), ("Invert", 0.0, None)),
        (("Equalize", 0.2, None), ("AutoContrast", 0.6, None)),
        (("Equalize", 0.2, None), ("Equalize", 0.6, None)),
        (("Color", 0.9, 9), ("Equalize", 0.6, None)),
        (("AutoContrast", 0.8, None), ("Solarize", 0.2, 8)),
        (("Brightness", 0.1, 3), ("Color", 0.7, 0)),
        (("Solarize", 0.4, 5), ("AutoContrast", 0.9, None)),
        (("TranslateY", 0.9, 9), ("TranslateY", 0.7, 9)),
        (("AutoContrast", 0.9, None), ("Solarize", 0.8, 3)),
        (("Equalize", 0.8, None), ("Invert", 0.1, None)),
        (("TranslateY", 0.7, 9), ("AutoContrast", 0.9, None)),
    ],
    "svhn": [
        (("ShearX", 0.9, 4), ("Invert", 0.2, None)),
        (("ShearY", 0.9, 8), ("Invert", 0.7, None)),
        (("Equalize", 0.6, None), ("Solarize", 0.6, 6)),
        (("Invert", 0.9, None), ("Equalize", 0.6, None)),
        (("Equalize", 0.6, None), ("Rotate", 0.9, 3)),
        (("ShearX", 0.9, 4), ("AutoContrast", 0.8, None)),
        (("ShearY", 0.9, 8), ("Invert", 0.4, None)),
        (("ShearY", 0.9, 5), ("Solarize", 0.2, 6)),
        (("Invert", 0.9, None), ("AutoContrast", 0.8, None)),
        (("Equalize", 0.6, None), ("Rotate", 0.9, 3)),
        (("ShearX", 0.9, 4), ("Solarize", 0.3, 3)),
        (("ShearY", 0.8, 8), ("Invert", 0.7, None)),
        (("Equalize", 0.9, None), ("TranslateY", 0.6, 6)),
        (("Invert", 0.9, None), ("Equalize", 0.6, None)),
        (("Contrast", 0.3, 3), ("Rotate", 0.8, 4)),
        (("Invert", 0.8, None), ("TranslateY", 0.0, 2)),
        (("ShearY", 0.7, 6), ("Solarize", 0.4, 8)),
        (("Invert", 0.6, None), ("Rotate", 0.8, 4)),
        (("ShearY", 0.3, 7), ("TranslateX", 0.9, 3)),
        (("ShearX", 0.1, 6), ("Invert", 0.6, None)),
        (("Solarize", 0.7, 2), ("TranslateY", 0.6, 7)),
        (("ShearY", 0.8, 4), ("Invert", 0.8, None)),
        (("ShearX", 0.7, 9), ("TranslateY", 0.8, 3)),
        (("ShearY", 0.8, 5), ("AutoContrast", 0.7, None)),
        (("ShearX", 0.7, 2), ("Invert", 0.1, None)),
    ],
}

RANDOM = ["Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast"]
RANDOM += ["Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize"]
MIXED = ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Posterize", "Solarize", "AutoContrast", "Equalize"]
ENHANCING = ["Brightness", "Color", "Contrast", "Sharpness"]
PLAIN = ("Identity", "AutoContrast", "Equalize", "Invert")  # no magnitude
UNSIGNED = PLAIN + ("Posterize", "Solarize")


def linspace(begin, end, bins, index):
    """torch.linspace but for the last bit, which torch computes by CPU."""
    first, last = np.float32(begin), np.float32(end)
    step = (last - first) / np.float32(bins - 1)
    if index < bins // 2:
        return float(first + step * np.float32(index))
    return float(last - step * np.float32(bins - 1 - index))


def magnitude_of(name, space, index):
    if name in PLAIN:
        return 0.0
    if name == "Posterize":
        start, by = space["Posterize"]
        width = np.float32((space["bins"] - 1) / by)
        return float(start - int(np.rint(np.float32(index) / width)))
    if name == "Solarize":
        return linspace(255.0, 0.0, space["bins"], index)
    return linspace(0.0, space[name], space["bins"], index)


def space_of(bins, shear, translate, rotate, enhance, posterize):
    space = {"ShearX": shear, "ShearY": shear, "TranslateX": translate[0], "TranslateY": translate[1], "Rotate": rotate}
    return space | {name: enhance for name in ENHANCING} | {"Posterize": posterize, "bins": bins}


def auto_space(image, bins):
    translate = [150.0 / 331.0 * image.width, 150.0 / 331.0 * image.height]
    return space_of(bins, 0.3, translate, 30.0, 0.9, (8, 4))


def apply_op(image, name, magnitude, resample, fill):
    if name in ("ShearX", "ShearY", "TranslateX", "TranslateY"):
        matrix = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
        if name == "ShearX":
            matrix[1] = math.tan(math.radians(math.degrees(math.atan(magnitude))))
        elif name == "ShearY":
            matrix[3] = math.tan(math.radians(math.degrees(math.atan(magnitude))))
        else:
            axis, side = (2, image.width) if name == "TranslateX" else (5, image.height)
            matrix[axis] = -side * 0.5 - int(magnitude) + side * 0.5
        return image.transform(image.size, Image.Transform.AFFINE, matrix, resample, fillcolor=fill)
    if name == "Rotate":
        return image.rotate(magnitude, resample, fillcolor=fill)
    if name in ENHANCING:
        return getattr(ImageEnhance, name)(image).enhance(1.0 + magnitude)
    if name == "Posterize":
        return ImageOps.posterize(image, int(magnitude))
    if name == "Solarize":
        return ImageOps.solarize(image, magnitude)
    functions = {"AutoContrast": ImageOps.autocontrast, "Equalize": ImageOps.equalize, "Invert": ImageOps.invert}
    return functions[name](image) if name in functions else image


def apply_signed(image, name, magnitude, resample, fill, stream):
    if name not in UNSIGNED and stream.below(2) == 1:
        magnitude *= -1.0
    return apply_op(image, name, magnitude, resample, fill)


def auto_augment(op, image, resample, fill, stream):
    space = auto_space(image, 10)
    pair = LEARNED[op.get("policy", "imagenet")][stream.below(25)]
    chances = [stream.uniform(), stream.uniform()]
    positive = [stream.below(2), stream.below(2)]
    for (name, probability, index), chance, sign in zip(pair, chances, positive):
        if chance <= probability:
            magnitude = magnitude_of(name, space, index)
            if name not in UNSIGNED and sign == 0:
                magnitude *= -1.0
            image = apply_op(image, name, magnitude, resample, fill)
    return image


def rand_augment(op, image, resample, fill, stream):
    space = auto_space(image, op.get("num_magnitude_bins", 31))
    for _ in range(op.get("num_ops", 2)):
        name = RANDOM[stream.below(len(RANDOM))]
        magnitude = magnitude_of(name, space, op.get("magnitude", 9))
        image = apply_signed(image, name, magnitude, resample, fill, stream)
    return image


def trivial_augment(op, image, resample, fill, stream):
    bins = op.get("num_magnitude_bins", 31)
    space = space_of(bins, 0.99, [32.0, 32.0], 135.0, 0.99, (8, 6))
    name = RANDOM[stream.below(len(RANDOM))]
    magnitude = magnitude_of(name, space, 0 if name in PLAIN else stream.below(bins))
    return apply_signed(image, name, magnitude, resample, fill, stream)


def normal_pairs(stream):
    """slabring::NormalStream."""
    while True:
        x, y = stream.uniform(-1.0, 1.0), stream.uniform(-1.0, 1.0)
        square = x * x + y * y
        if square < 1.0:
            factor = math.sqrt(-2.0 * math.log(square) / square)
            yield x * factor
            yield y * factor


def gamma(alpha, stream):
    """slabring::draw_gamma."""
    if alpha < 1.0:
        power = math.log(max(stream.uniform(), 2.0**-53)) / alpha
        return 0.0 if power < -690.0 else gamma(alpha + 1.0, stream) * math.exp(power)
    d = alpha - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    normal = normal_pairs(stream)
    while True:
        x = next(normal)
        v = (1.0 + c * x) ** 3
        if v <= 0.0:
            continue
        u = max(stream.uniform(), 2.0**-53)
        if math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v


def aug_mix(op, image, resample, fill, stream):
    alpha, width = op.get("alpha", 1.0), op.get("mixture_width", 3)
    space = space_of(10, 0.3, [image.width / 3.0, image.height / 3.0], 30.0, 0.9, (4, 4))
    names = MIXED + (ENHANCING if op.get("all_ops", True) else [])
    original, augmented = gamma(alpha, stream), gamma(alpha, stream)
    share = augmented / (original + augmented)
    gammas = [gamma(alpha, stream) for _ in range(width)]
    mix = np.float32(1.0 - share) * np.asarray(image).astype(np.float32)
    for weight in gammas:
        depth = op.get("chain_depth", -1)
        chain = image
        for _ in range(depth if depth > 0 else 1 + stream.below(3)):
            name = names[stream.below(len(names))]
            magnitude = magnitude_of(name, space, 0 if name in PLAIN else stream.below(op.get("severity", 3)))
            chain = apply_signed(chain, name, magnitude, resample, fill, stream)
        factor = np.float32(weight / sum(gammas)) * np.float32(share)
        mix = mix + factor * np.asarray(chain).astype(np.float32)
    return Image.fromarray(mix.astype(np.uint8))


POLICIES = {"AutoAugment": auto_augment, "RandAugment": rand_augment}
POLICIES |= {"TrivialAugmentWide": trivial_augment, "AugMix": aug_mix}
