"""Writes image files of every kind that the decoder reads, for pillow_test, and what Pillow makes of each.

    pillow_cases.py FOLDER

FOLDER may hold files already (those that only libjpeg can write). Beside every file NAME of its subfolders appears
either NAME.rgb (width and height as 32-bit little-endian numbers, then the pixels of
`ImageOps.exif_transpose(Image.open(NAME)).convert("RGB")`) or NAME.refused (Pillow's reason). The subfolders say what is
expected of the decoder:

    equal    the same pixels
    either   the same pixels, or a refusal as unsupported
    refused  a refusal, as by Pillow
    damaged  the same pixels, or a refusal where Pillow refuses
"""

import random
import struct
import sys
import warnings
import zlib
from pathlib import Path

try:
    import PIL
    from PIL import Image, ImageOps, features
except ImportError as error:
    sys.exit(f"pillow_cases.py needs Pillow (Debian: python3-pil) for {sys.executable}: {error}")

warnings.simplefilter("ignore")  # Pillow warns of damaged EXIF, which is meant here
rng = random.Random(20240607)

SIZES = [(1, 1), (2, 3), (7, 5), (8, 8), (31, 17), (64, 48)]


def photo(mode, size):
    """Gradients with noise in every channel."""
    width, height = size
    channels = len(Image.new(mode, (1, 1)).getbands())
    data = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                data.append((x * (3 + c) + y * (5 - c) + rng.randrange(30) + (x // 5 + y // 7) % 2 * 80) % 256)
    return Image.frombytes(mode, size, bytes(data))


def chunks_of(samples, count):
    return [samples[i : i + count] for i in range(0, len(samples), count)]


class Folder:
    def __init__(self, root):
        self.root = Path(root)
        for expectation in ("equal", "either", "refused", "damaged"):
            (self.root / expectation).mkdir(parents=True, exist_ok=True)

    def add(self, expectation, name, data):
        (self.root / expectation / name).write_bytes(data)

    def save(self, expectation, name, image, **options):
        image.save(self.root / expectation / name, **options)


# ---- EXIF -----------------------------------------------------------------------------------------------------------


def tiff(entries, order="<", magic=None, directory_at=8, count=None):
    """A TIFF block of (tag, type, count, 4 bytes of value or offset) entries."""
    header = magic or {"<": b"II*\0", ">": b"MM\0*"}[order]
    block = header + struct.pack(order + "L", directory_at)
    block += bytes(directory_at - len(block))
    block += struct.pack(order + "H", len(entries) if count is None else count)
    for tag, kind, number, value in entries:
        block += struct.pack(order + "HHL", tag, kind, number) + value
    return block + bytes(4)


def orientation(value, order="<", kind=3, number=1):
    packed = struct.pack(order + {1: "B3x", 3: "H2x", 4: "L", 6: "b3x", 7: "B3x", 8: "h2x", 9: "l"}[kind], value)
    return (0x0112, kind, number, packed)


def exif_blocks():
    """Sound and damaged ones. Pillow raises an exception for some that are no TIFF at all; those are left out."""
    make = (0x010F, 2, 3, b"me\0\0")
    outside = (0x010F, 2, 400, struct.pack("<L", 20000))
    odd_type = (0x0100, 99, 1, bytes(4))
    pair = struct.pack("<HH", 6, 3)
    blocks = {f"big{value}": tiff([orientation(value, ">")], ">") for value in range(0, 10)}
    blocks |= {f"little{value}": tiff([make, orientation(value)]) for value in range(0, 10)}
    blocks |= {f"type{kind}": tiff([orientation(6, kind=kind)]) for kind in (1, 3, 4, 6, 7, 8, 9)}
    blocks |= {
        "after_odd_type": tiff([odd_type, orientation(6)]),
        "after_outside_value": tiff([outside, orientation(6)]),
        "before_outside_value": tiff([orientation(6), outside]),
        "twice": tiff([orientation(6), orientation(3)]),
        "twice_then_bytes": tiff([orientation(6), orientation(3, kind=1)]),
        "two_values": tiff([(0x0112, 3, 2, pair)]),
        "no_value": tiff([orientation(6, number=0)]),
        "values_elsewhere": tiff([(0x0112, 3, 4, struct.pack("<L", 26))]) + struct.pack("<4H", 8, 1, 1, 1),
        "far_directory": tiff([orientation(8)], directory_at=60),
        "more_entries_than_bytes": tiff([orientation(5)], count=300),
        "cut_in_entry": tiff([make, orientation(6)])[:-8],
        "directory_outside": b"II*\0" + struct.pack("<L", 5000) + bytes(30),
        "directory_in_header": tiff([])[:4] + struct.pack("<L", 0) + bytes(30),
    }
    return blocks


def jpeg_with_exif(exif):
    picture = photo("RGB", (21, 13))
    path = Path(sys.argv[1]) / "scratch.jpg"
    picture.save(path, quality=90)
    data = path.read_bytes()
    path.unlink()
    payload = b"Exif\0\0" + exif
    marker = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    return data[:2] + marker + data[2:]


# ---- PNG ------------------------------------------------------------------------------------------------------------

PNG_KINDS = [(0, d) for d in (1, 2, 4, 8, 16)] + [(3, d) for d in (1, 2, 4, 8)] + [(c, d) for c in (2, 4, 6) for d in (8, 16)]
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png_chunk(kind, data, checksum=None):
    if checksum is None:
        checksum = zlib.crc32(kind + data)
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", checksum)


def paeth(a, b, c):
    estimate = a + b - c
    return min((abs(estimate - a), 0, a), (abs(estimate - b), 1, b), (abs(estimate - c), 2, c))[2]


def png_filtered(rows, step):
    """The rows with a filter each, all five in turn."""
    out, previous = bytearray(), None
    for y, row in enumerate(rows):
        previous = previous or bytes(len(row))
        kind = y % 5
        out.append(kind)
        for i, value in enumerate(row):
            a, b, c = (row[i - step] if i >= step else 0), previous[i], (previous[i - step] if i >= step else 0)
            out.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) % 256)
        previous = row
    return bytes(out)


def png_packed(samples, depth):
    """One row of samples as bytes."""
    bits = "".join(format(sample, f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(byte, 2) for byte in chunks_of(bits, 8))


def png(colour, depth, size, interlaced=False, before=(), after=(), highest=None, palette=None, end=True, idat_size=None):
    width, height = size
    channels = PNG_CHANNELS[colour]
    highest = (1 << depth) - 1 if highest is None else highest
    pixels = [[[rng.randint(0, highest) for _ in range(channels)] for _ in range(width)] for _ in range(height)]
    step = max(1, channels * depth // 8)

    def rows(x0, y0, dx, dy):
        picked = [row[x0::dx] for row in pixels[y0::dy]]
        return [png_packed(sum(row, []), depth) for row in picked if row]

    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    stream = zlib.compress(b"".join(png_filtered(rows(*one), step) for one in passes))
    file = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, 0, 0, interlaced))
    if colour == 3:
        entries = (1 << depth) if palette is None else palette
        file += png_chunk(b"PLTE", bytes(rng.randrange(256) for _ in range(3 * entries)))
    file += b"".join(before)
    for part in chunks_of(stream, idat_size or len(stream)):
        file += png_chunk(b"IDAT", part)
    return file + b"".join(after) + (png_chunk(b"IEND", b"") if end else b"")


def png_orientation_texts():
    """Orientation in text chunks, as ImageMagick and Adobe's programs write it."""

    def profile(exif, line=36):
        digits = exif.hex()
        return b"\nexif\n%8d\n" % len(exif) + "\n".join(chunks_of(digits, 2 * line)).encode() + b"\n"

    def xmp(text):
        return b"<x:xmpmeta><rdf:Description " + text + b"/></x:xmpmeta>"

    def itxt(text, compressed=False):
        body = zlib.compress(text) if compressed else text
        return png_chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([compressed, 0]) + b"\0\0" + body)

    raw = b"Raw profile type exif\0"
    sixth = profile(b"Exif\0\0" + tiff([orientation(6)]))
    third = profile(tiff([orientation(3)]))
    none = tiff([(0x010F, 2, 3, b"me\0\0")])
    attribute, element = xmp(b'tiff:Orientation="8"'), xmp(b"><tiff:Orientation>5</tiff:Orientation><a")
    return {
        "raw_ztxt": [png_chunk(b"zTXt", raw + b"\0" + zlib.compress(sixth))],
        "raw_text": [png_chunk(b"tEXt", raw + third)],
        "raw_twice": [png_chunk(b"tEXt", raw + third), png_chunk(b"tEXt", raw + sixth)],
        "raw_damaged_stream": [png_chunk(b"zTXt", raw + b"\0" + b"no zlib stream"), itxt(attribute)],
        "xmp_attribute": [itxt(attribute)],
        "xmp_element": [itxt(element)],
        "xmp_compressed": [itxt(attribute, True)],
        "xmp_zero": [itxt(xmp(b'tiff:Orientation="0"'))],
        "xmp_two_digits": [itxt(xmp(b'tiff:Orientation="67"'))],
        "xmp_second_counts": [itxt(xmp(b'tiff:Orientation="x" tiff:Orientation="7"'))],
        "xmp_in_text": [png_chunk(b"tEXt", b"XML:com.adobe.xmp\0" + attribute)],
        "exif_and_xmp": [png_chunk(b"eXIf", tiff([orientation(6)])), itxt(attribute)],
        "exif_without_and_xmp": [png_chunk(b"eXIf", none), itxt(attribute)],
        "exif_of_nonsense_and_xmp": [png_chunk(b"eXIf", tiff([orientation(77)])), itxt(attribute)],
        "raw_and_xmp": [png_chunk(b"tEXt", raw + third), itxt(attribute)],
        "raw_without_and_xmp": [png_chunk(b"tEXt", raw + profile(none)), itxt(attribute)],
        "exif_without_and_raw": [png_chunk(b"eXIf", none), png_chunk(b"tEXt", raw + third)],
        "other_keyword": [png_chunk(b"tEXt", b"Comment\0" + attribute)],
    }


def add_png(folder):
    for colour, depth in PNG_KINDS:
        for interlaced in (False, True):
            for width, height in SIZES + [(n, n) for n in range(3, 7)] + [(1, 9), (9, 1), (5, 2)]:
                name = f"colour{colour}_depth{depth}_{width}x{height}_{'interlaced' if interlaced else 'plain'}.png"
                folder.add("equal", name, png(colour, depth, (width, height), interlaced))
    size = (13, 9)
    folder.add("equal", "grey16_dark.png", png(0, 16, size, highest=400))
    for depth in (1, 2, 4, 8):
        folder.add("equal", f"short_palette_{depth}.png", png(3, depth, size, palette=max(1, (1 << depth) // 3)))
        transparency = png_chunk(b"tRNS", bytes(rng.randrange(256) for _ in range(1 << depth)))
        folder.add("equal", f"palette_transparency_{depth}.png", png(3, depth, size, before=[transparency]))
        one = png_chunk(b"tRNS", b"\xff\0")
        folder.add("equal", f"palette_one_transparent_{depth}.png", png(3, depth, size, before=[one]))
    folder.add("equal", "grey_transparency.png", png(0, 8, size, before=[png_chunk(b"tRNS", b"\0\x40")]))
    folder.add("equal", "grey1_transparency.png", png(0, 1, size, before=[png_chunk(b"tRNS", b"\0\1")]))
    folder.add("equal", "grey16_transparency.png", png(0, 16, size, before=[png_chunk(b"tRNS", b"\1\x40")]))
    folder.add("equal", "rgb_transparency.png", png(2, 8, size, before=[png_chunk(b"tRNS", b"\0\1\0\2\0\3")]))
    folder.add("equal", "rgb16_transparency.png", png(2, 16, size, before=[png_chunk(b"tRNS", b"\1\1\2\2\3\3")]))
    folder.add("equal", "gamma.png", png(2, 8, size, before=[png_chunk(b"gAMA", struct.pack(">L", 22000))]))
    folder.add("equal", "background.png", png(6, 8, size, before=[png_chunk(b"bKGD", bytes(6))]))
    folder.add("equal", "many_idat.png", png(2, 8, (40, 30), idat_size=7))
    folder.add("equal", "text_after.png", png(2, 8, size, after=[png_chunk(b"tEXt", b"Title\0after the pixels")]))
    folder.add("equal", "checksum_wrong_after.png", png(2, 8, size, after=[png_chunk(b"tEXt", b"Title\0later", 1)]))
    folder.add("refused", "checksum_wrong_before.png", png(2, 8, size, before=[png_chunk(b"tEXt", b"Title\0early", 1)]))
    folder.add("refused", "two_groups_of_idat.png", png(2, 8, (40, 30), idat_size=40).replace(
        b"IDAT", b"junk", 2).replace(b"junk", b"IDAT", 1))
    for name, block in exif_blocks().items():
        chunk = png_chunk(b"eXIf", block)
        folder.add("equal", f"exif_{name}.png", png(2, 8, size, before=[chunk]))
    sixth, third = (png_chunk(b"eXIf", tiff([orientation(value)])) for value in (6, 3))
    folder.add("equal", "exif_after.png", png(2, 8, size, after=[sixth]))
    folder.add("equal", "exif_before_and_after.png", png(2, 8, size, before=[sixth], after=[third]))
    folder.add("equal", "exif_twice_before.png", png(2, 8, size, before=[sixth, third]))
    folder.add("equal", "exif_twice_after.png", png(2, 8, size, after=[sixth, third]))
    for name, text_chunks in png_orientation_texts().items():
        folder.add("equal", f"orientation_{name}_before.png", png(2, 8, size, before=text_chunks))
        folder.add("equal", f"orientation_{name}_after.png", png(2, 8, size, after=text_chunks))
    texts = png_orientation_texts()
    folder.add("equal", "orientation_exif_before_and_xmp_after.png",
               png(2, 8, size, before=texts["exif_without_and_xmp"][:1], after=texts["xmp_attribute"]))
    animation = [png_chunk(b"acTL", struct.pack(">LL", 2, 0)),
                 png_chunk(b"fcTL", struct.pack(">LLLLLHHBB", 0, *size, 0, 0, 1, 10, 0, 0))]
    folder.add("equal", "animated.png", png(2, 8, size, before=animation))
    smaller = [animation[0], png_chunk(b"fcTL", struct.pack(">LLLLLHHBB", 0, 5, 4, 2, 2, 1, 10, 0, 0))]
    folder.add("either", "animated_smaller_first_frame.png", png(2, 8, size, before=smaller))
    sound = png(2, 8, (40, 30))
    for cut in range(20, len(sound) - 20, 97):
        folder.add("refused", f"cut_at_{cut}.png", sound[:cut])


# ---- BMP ------------------------------------------------------------------------------------------------------------


def bmp(bits, size, compression=0, masks=(), palette=None, header=40, top_down=False, offset=None, colours=None):
    width, height = size
    stride = (width * bits + 31) // 32 * 4
    mask_bytes = b"".join(struct.pack("<L", mask) for mask in masks)
    table = b"".join(palette or [])
    count = len(palette or []) if colours is None else colours
    if header == 12:
        info = struct.pack("<LHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<LlLHHLLLLLL", header, width, (-height if top_down else height) & 0xFFFFFFFF, 1, bits,
                           compression, stride * height, 2835, 2835, count, 0)
        if header > 40:
            info += mask_bytes
            info += bytes(header - len(info))
            mask_bytes = b""
    at = 14 + len(info) + len(mask_bytes) + len(table)
    pixels = rng.randbytes(stride * height)
    start = b"BM" + struct.pack("<LHHL", at + len(pixels), 0, 0, at if offset is None else offset)
    return start + info + mask_bytes + table + pixels


def add_bmp(folder):
    for size in SIZES:
        label = f"{size[0]}x{size[1]}"
        for bits in (1, 4, 8):
            colours = [rng.randbytes(4) for _ in range(1 << bits)]
            folder.add("equal", f"palette{bits}_{label}.bmp", bmp(bits, size, palette=colours))
            folder.add("equal", f"palette{bits}_os2_{label}.bmp",
                       bmp(bits, size, palette=[colour[:3] for colour in colours], header=12))
            folder.add("equal", f"palette{bits}_short_{label}.bmp", bmp(bits, size, palette=colours[: (1 << bits) // 2 + 1]))
            folder.add("equal", f"palette{bits}_forgotten_{label}.bmp",
                       bmp(bits, size, palette=colours, offset=54))
            folder.add("equal", f"palette{bits}_no_offset_{label}.bmp", bmp(bits, size, palette=colours, offset=0))
            folder.add("equal", f"palette{bits}_no_count_{label}.bmp", bmp(bits, size, palette=colours, colours=0))
            greys = [bytes([i % 256] * 3 + [0]) for i in range(1 << bits)]
            folder.add("either", f"greys{bits}_{label}.bmp", bmp(bits, size, palette=greys))
            folder.add("either", f"black_and_white{bits}_{label}.bmp",
                       bmp(bits, size, palette=[bytes(4), b"\xff\xff\xff\0"]))
        folder.add("equal", f"greys8_{label}.bmp", bmp(8, size, palette=[bytes([i] * 3 + [0]) for i in range(256)]))
        folder.add("equal", f"bilevel_{label}.bmp", bmp(1, size, palette=[bytes(4), b"\xff\xff\xff\0"]))
        for bits in (16, 24, 32):
            for header in (40, 64, 108, 124):
                for top_down in (False, True):
                    folder.add("equal", f"colour{bits}_{header}_{'down' if top_down else 'up'}_{label}.bmp",
                               bmp(bits, size, header=header, top_down=top_down))
        folder.add("equal", f"colour24_os2_{label}.bmp", bmp(24, size, header=12))
        for header in (40, 108, 124):
            for name, bits, masks in [
                ("565", 16, (0xF800, 0x7E0, 0x1F, 0)),
                ("555", 16, (0x7C00, 0x3E0, 0x1F, 0)),
                ("bgrx", 32, (0xFF0000, 0xFF00, 0xFF, 0)),
                ("bgra", 32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
                ("xbgr", 32, (0xFF000000, 0xFF0000, 0xFF00, 0)),
                ("abgr", 32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
                ("rgba", 32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
                ("none", 32, (0, 0, 0, 0)),
                ("24", 24, (0xFF0000, 0xFF00, 0xFF, 0)),
                ("odd32", 32, (0xFF00, 0xFF0000, 0xFF, 0)),
                ("odd16", 16, (0xF000, 0xF00, 0xF0, 0)),
            ]:
                expectation = "refused" if name.startswith("odd") else "equal"
                if header == 40 and masks[3]:  # alpha cannot be said there, so these are others
                    masks, expectation = masks[:3] + (0,), "either"
                folder.add(expectation, f"masks_{name}_{header}_{label}.bmp",
                           bmp(bits, size, 3, masks[:3] if header == 40 else masks, header=header))
    folder.add("either", "run_lengths.bmp", bmp(8, (4, 4), 1, palette=[rng.randbytes(4) for _ in range(256)]))
    sound = bmp(24, (17, 9))
    for cut in range(20, len(sound) - 3, 41):
        folder.add("refused", f"cut_at_{cut}.bmp", sound[:cut])


# ---- TGA ------------------------------------------------------------------------------------------------------------


def tga(kind, bits, size, run_lengths=False, descriptor=0, palette=None, first=0, map_bits=24, identification=b"", crossing=False):
    width, height = size
    step = bits // 8
    # Long runs and noise, so that both kinds of packets come up.
    values = [rng.randbytes(step) for _ in range(4)] if palette is None else None
    pixels = []
    while len(pixels) < width * height:
        value = rng.choice(values) if values else bytes([first + rng.randrange(len(palette))])
        pixels += [value] * (rng.choice([1, 1, 2, 7, 200]))
    pixels = pixels[: width * height]
    header = struct.pack("<BBBHHBHHHHBB", len(identification), palette is not None, kind + (8 if run_lengths else 0),
                         first, len(palette or []), map_bits if palette else 0, 0, 0, width, height, bits, descriptor)
    data = b"".join(pixels) if not run_lengths else b"".join(
        tga_packets(row, step) for row in (chunks_of(pixels, width) if not crossing else [pixels]))
    return header + identification + b"".join(palette or []) + data


def tga_packets(pixels, step):
    out, i = b"", 0
    while i < len(pixels):
        run = 1
        while run < 128 and i + run < len(pixels) and pixels[i + run] == pixels[i]:
            run += 1
        if run > 1:
            out += bytes([0x80 | (run - 1)]) + pixels[i]
        else:
            while run < 128 and i + run < len(pixels) and pixels[i + run] != pixels[i + run - 1]:
                run += 1
            out += bytes([run - 1]) + b"".join(pixels[i : i + run])
        i += run
    return out


def add_tga(folder):
    for size in SIZES + [(300, 3)]:
        label = f"{size[0]}x{size[1]}"
        for run_lengths in (False, True):
            way = "runs" if run_lengths else "plain"
            for descriptor in (0x00, 0x10, 0x20, 0x30):
                for kind, bits in [(2, 16), (2, 24), (2, 32), (3, 8), (3, 16)]:
                    folder.add("equal", f"type{kind}_{bits}_{descriptor:02x}_{way}_{label}.tga",
                               tga(kind, bits, size, run_lengths, descriptor))
            four = [rng.randbytes(4) for _ in range(4)]
            folder.add("refused", f"palette32_{way}_{label}.tga", tga(1, 8, size, run_lengths, 0x20, four, 0, 32))
            for map_bits in (16, 24):
                for entries, first in [(256, 0), (5, 0), (5, 11)]:
                    colours = [rng.randbytes(map_bits // 8) for _ in range(entries)]
                    folder.add("equal", f"palette{map_bits}_{entries}_from{first}_{way}_{label}.tga",
                               tga(1, 8, size, run_lengths, 0x20, colours, first, map_bits))
            folder.add("equal", f"identified_{way}_{label}.tga", tga(2, 24, size, run_lengths, identification=b"of me"))
    outside = bytearray(tga(1, 8, (16, 16), palette=[rng.randbytes(3) for _ in range(5)]))
    outside[-100:] = rng.randbytes(100)
    folder.add("equal", "palette_index_outside.tga", bytes(outside))
    folder.add("refused", "run_over_row_end.tga", tga(2, 24, (5, 90), True, crossing=True))
    for sound, name in [(tga(2, 24, (17, 9)), "plain"), (tga(2, 24, (17, 9), True), "runs")]:
        for cut in range(19, len(sound), max(1, len(sound) // 12)):
            folder.add("refused", f"{name}_cut_at_{cut}.tga", sound[:cut])


# ---- PNM ------------------------------------------------------------------------------------------------------------


def pnm(kind, size, maximum, comment=b"", highest=None):
    width, height = size
    count = width * height * (3 if kind == 6 else 1)
    values = [rng.randint(0, maximum if highest is None else highest) for _ in range(count)]
    data = bytes(values) if maximum < 256 else b"".join(struct.pack(">H", value) for value in values)
    return b"P%d\n%s%d %d\n%d\n" % (kind, comment, width, height, maximum) + data


def add_pnm(folder):
    for size in SIZES:
        for kind in (5, 6):
            for maximum in (1, 2, 15, 100, 127, 254, 255, 256, 300, 1023, 4095, 65534, 65535):
                folder.add("equal", f"p{kind}_{maximum}_{size[0]}x{size[1]}.pnm", pnm(kind, size, maximum))
    for kind in (5, 6):
        folder.add("equal", f"p{kind}_comment.pnm", pnm(kind, (5, 4), 255, b"# 7 8\n#\n"))
        folder.add("equal", f"p{kind}_above_maximum.pnm", pnm(kind, (9, 7), 100, highest=255))
        folder.add("equal", f"p{kind}_above_maximum_16.pnm", pnm(kind, (9, 7), 1000, highest=65535))
        folder.add("equal", f"p{kind}_dark_16.pnm", pnm(kind, (9, 7), 65535, highest=400))
        sound = pnm(kind, (9, 7), 255)
        for cut in range(2, len(sound), 9):
            folder.add("refused", f"p{kind}_cut_at_{cut}.pnm", sound[:cut])
    folder.add("equal", "spaces.pnm", b"P5 \t3\v2\f\r255 abcdef")
    folder.add("equal", "comment_in_number.pnm", b"P5 3 2 25#5\n5\nabcdef")
    folder.add("either", "plain.pnm", b"P2 3 2 255 1 2 3 4 5 6")
    folder.add("either", "bits.pnm", b"P4 8 2 ab")
    folder.add("refused", "zero_maximum.pnm", b"P5 3 2 0 abcdef")
    folder.add("refused", "huge_maximum.pnm", b"P5 3 2 65536 abcdef")
    folder.add("refused", "zero_width.pnm", b"P5 0 2 255 abcdef")
    folder.add("refused", "letters.pnm", b"P5 3 x2 255 abcdef")


# ---- GIF ------------------------------------------------------------------------------------------------------------


def lzw(indices, literal_bits, clears=True, deferred=False):
    clear, end = 1 << literal_bits, (1 << literal_bits) + 1
    bits, filled, out = 0, 0, bytearray()
    width = literal_bits + 1

    def put(code):
        nonlocal bits, filled
        bits |= code << filled
        filled += width
        while filled >= 8:
            out.append(bits & 255)
            bits >>= 8
            filled -= 8

    table = {(i,): i for i in range(clear)}
    if clears:
        put(clear)
    prefix = ()
    for index in indices:
        if prefix + (index,) in table:
            prefix += (index,)
            continue
        put(table[prefix])
        if len(table) + 2 < 4096:
            table[prefix + (index,)] = len(table) + 2
            if len(table) + 2 > (1 << width) and width < 12:
                width += 1
        elif not deferred:
            put(clear)
            table = {(i,): i for i in range(clear)}
            width = literal_bits + 1
        prefix = (index,)
    put(table[prefix])
    put(end)
    if filled:
        out.append(bits & 255)
    return bytes(out)


def gif(screen, frame, colours=256, local=None, transparent=None, interlaced=False, background=0, literal_bits=8,
        highest=None, clears=True, deferred=False, noise=True, short_by=0, extra=b""):
    x, y, width, height = frame
    highest = highest or (1 << literal_bits)
    count = width * height - short_by
    indices = [rng.randrange(highest) if noise else (i // 9) % highest for i in range(count)]
    flags = 0
    table = b""
    if colours:
        size = max(1, (colours - 1).bit_length())
        flags = 0x80 | (size - 1)
        table = rng.randbytes(3 << size)
    file = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, background, 0) + table + extra
    if transparent is not None:
        file += b"!\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
    local_flags = 0x40 if interlaced else 0
    local_table = b""
    if local:
        size = max(1, (local - 1).bit_length())
        local_flags |= 0x80 | (size - 1)
        local_table = rng.randbytes(3 << size)
    file += b"," + struct.pack("<HHHHB", x, y, width, height, local_flags) + local_table + bytes([literal_bits])
    stream = lzw(indices, literal_bits, clears, deferred)
    for part in chunks_of(stream, 200):
        file += bytes([len(part)]) + part
    return file + b"\0;"


def add_gif(folder):
    for width, height in SIZES + [(9, n) for n in range(1, 12)]:
        whole = (0, 0, width, height)
        for interlaced in (False, True):
            way = "interlaced" if interlaced else "plain"
            folder.add("equal", f"{way}_{width}x{height}.gif", gif((width, height), whole, interlaced=interlaced))
    screen, whole, part = (30, 20), (0, 0, 30, 20), (5, 3, 11, 7)
    folder.add("refused", "bits1.gif", gif(screen, whole, colours=2, literal_bits=1))
    for bits in range(2, 9):
        folder.add("equal", f"bits{bits}.gif", gif(screen, whole, colours=1 << bits, literal_bits=bits))
        folder.add("equal", f"bits{bits}_few_colours.gif", gif(screen, whole, colours=2, literal_bits=bits))
    for transparent in (None, 0, 3, 200):
        for name, frame in (("whole", whole), ("part", part), ("beyond", (20, 10, 25, 30))):
            for local in (None, 4, 256):
                for background in (0, 2):
                    folder.add("equal", f"{name}_transparent{transparent}_local{local}_background{background}.gif",
                               gif(screen, frame, transparent=transparent, local=local, background=background, highest=5))
    folder.add("equal", "no_palette.gif", gif(screen, whole, colours=0))
    folder.add("equal", "no_palette_part.gif", gif(screen, part, colours=0, transparent=9))
    folder.add("equal", "zero_screen.gif", gif((0, 0), whole))
    folder.add("equal", "no_first_clear_code.gif", gif(screen, whole, clears=False))
    folder.add("equal", "table_full.gif", gif((200, 150), (0, 0, 200, 150)))
    folder.add("equal", "table_full_and_no_clear_code.gif", gif((200, 150), (0, 0, 200, 150), deferred=True))
    folder.add("equal", "long_runs.gif", gif((200, 150), (0, 0, 200, 150), noise=False))
    folder.add("equal", "one_long_run.gif", gif((200, 150), (0, 0, 200, 150), highest=1))
    folder.add("equal", "comment.gif", gif(screen, whole, extra=b"!\xfe\5hello\0"))
    folder.add("equal", "application.gif", gif(screen, whole, extra=b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0"))
    folder.add("equal", "junk_between_blocks.gif", gif(screen, whole, extra=b"\0\0x"))
    folder.add("equal", "animated.gif", gif(screen, whole)[:-1] + gif(screen, part)[13 + 768 :])
    folder.add("refused", "fewer_pixels.gif", gif(screen, whole, short_by=5))
    folder.add("refused", "empty_frame.gif", gif(screen, (0, 0, 0, 4), short_by=-1))
    folder.add("refused", "no_frame.gif", b"GIF89a" + struct.pack("<HHBBB", 5, 5, 0, 0, 0) + b";")
    sound = gif(screen, whole)
    for cut in range(10, len(sound) - 2, 83):
        folder.add("refused", f"cut_at_{cut}.gif", sound[:cut])


# ---- JPEG -----------------------------------------------------------------------------------------------------------


def add_jpeg(folder):
    for mode in ("L", "RGB", "CMYK"):
        for size in SIZES + [(123, 77)]:
            for progressive in (False, True):
                for subsampling in (0, 1, 2):
                    folder.save("equal", f"{mode}_{size[0]}x{size[1]}_{subsampling}{'_progressive' * progressive}.jpg",
                                photo(mode, size), quality=rng.choice([20, 75, 95]), subsampling=subsampling,
                                progressive=progressive, optimize=rng.random() < 0.5)
    for name, block in exif_blocks().items():
        folder.add("equal", f"exif_{name}.jpg", jpeg_with_exif(block))
    folder.add("equal", "exif_not_tiff.jpg", jpeg_with_exif(b"no TIFF header here"))
    folder.add("equal", "exif_empty.jpg", jpeg_with_exif(b""))
    sound = jpeg_with_exif(tiff([orientation(6)]))
    folder.add("equal", "junk_behind.jpg", sound + rng.randbytes(500))
    folder.add("equal", "no_end_marker_but_junk.jpg", sound[:-2] + b"\0" * 50)


# ---- WebP -----------------------------------------------------------------------------------------------------------


def riff_chunk(kind, data):
    return kind + struct.pack("<L", len(data)) + data + bytes(len(data) % 2)


def riff(*chunks):
    return b"RIFF" + struct.pack("<L", 4 + sum(map(len, chunks))) + b"WEBP" + b"".join(chunks)


def webp_canvas(flags, size):
    return riff_chunk(b"VP8X", struct.pack("<L", flags) + b"".join(struct.pack("<L", side - 1)[:3] for side in size))


def webp_pixels(folder, image, **options):
    """The chunks of a still image, without what is around them."""
    path = folder.root / "scratch.webp"
    image.save(path, **options)
    data = path.read_bytes()
    path.unlink()
    return data[12:] if data[12:16] != b"VP8X" else data[12 + 18 :]


def webp_animation(canvas, frames, end=b""):
    """frames: (left, top, image size, chunks, flags); left and top are even."""
    parts = [webp_canvas(2 | 16, canvas), riff_chunk(b"ANIM", struct.pack("<LH", 0xFF336699, 0))]
    for left, top, (width, height), chunks, flags in frames:
        numbers = (left // 2, top // 2, width - 1, height - 1, 100)
        head = b"".join(struct.pack("<L", number)[:3] for number in numbers) + bytes([flags])
        parts.append(riff_chunk(b"ANMF", head + chunks))
    return riff(*parts) + end


def add_webp(folder):
    if not features.check("webp_anim"):
        return
    for mode in ("RGB", "RGBA", "L", "LA"):
        for size in SIZES + [(123, 77), (16, 200), (2, 2)]:
            for quality in (5, 60, 95):
                folder.save("equal", f"{mode}_{size[0]}x{size[1]}_{quality}.webp", photo(mode, size), quality=quality,
                            method=rng.randrange(7), alpha_quality=rng.choice([10, 100]))
            folder.save("equal", f"{mode}_{size[0]}x{size[1]}_lossless.webp", photo(mode, size), lossless=True,
                        exact=rng.random() < 0.5)
    few = photo("L", (40, 30)).quantize(7).convert("RGB")
    folder.save("equal", "few_colours_lossless.webp", few, lossless=True)
    picture = photo("RGB", (21, 13))
    for name, block in exif_blocks().items():
        folder.save("equal", f"exif_{name}.webp", picture, lossless=True, exif=block)
        folder.save("equal", f"exif_prefixed_{name}.webp", picture, quality=80, exif=b"Exif\0\0" + block)
    lossy, size = webp_pixels(folder, picture, quality=80), picture.size
    exif = riff_chunk(b"EXIF", tiff([orientation(6)]))
    folder.add("equal", "exif_without_flag.webp", riff(webp_canvas(0, size), lossy, exif))
    folder.add("equal", "exif_before_pixels.webp", riff(webp_canvas(8, size), exif, lossy))
    folder.add("equal", "exif_twice.webp", riff(webp_canvas(8, size), lossy, exif, riff_chunk(b"EXIF", tiff([orientation(3)]))))
    folder.add("equal", "exif_in_simple_file.webp", riff(lossy, exif))
    folder.add("equal", "xmp.webp", riff(webp_canvas(4, size), lossy, riff_chunk(b"XMP ", b'<a tiff:Orientation="6"/>')))
    folder.add("equal", "unknown_chunk.webp", riff(webp_canvas(0, size), riff_chunk(b"junk", b"123"), lossy))
    folder.add("equal", "junk_behind.webp", riff(lossy) + rng.randbytes(100))
    folder.add("equal", "zeros_behind.webp", riff(lossy) + bytes(100_000))
    folder.add("refused", "wrong_canvas.webp", riff(webp_canvas(0, (22, 13)), lossy))
    folder.add("refused", "no_pixels.webp", riff(webp_canvas(0, size)))
    clear = photo("RGBA", (30, 20))
    whole = webp_pixels(folder, clear, quality=70)
    part_picture = photo("RGBA", (11, 7))
    part = webp_pixels(folder, part_picture, lossless=True, exact=True)
    for flags in range(4):  # how frames are blended and disposed of
        frames = [(0, 0, (30, 20), whole, flags), (4, 6, (11, 7), part, flags)]
        folder.add("equal", f"animated_{flags}.webp", webp_animation((30, 20), frames))
        folder.add("equal", f"animated_part_first_{flags}.webp", webp_animation((30, 20), frames[::-1]))
        folder.add("equal", f"animated_one_part_{flags}.webp", webp_animation((30, 20), frames[1:]))
    folder.add("equal", "animated_exif.webp", webp_animation((30, 20), frames).replace(b"VP8X\x0a\0\0\0\x12", b"VP8X\x0a\0\0\0\x1a"))
    folder.add("refused", "animated_frame_outside.webp", webp_animation((30, 20), [(24, 6, (11, 7), part, 0)]))
    folder.add("refused", "animated_without_frames.webp", webp_animation((30, 20), []))
    for sound, name in [(riff(lossy), "lossy"), (riff(webp_pixels(folder, picture, lossless=True)), "lossless"),
                        (webp_animation((30, 20), frames), "animated")]:
        for cut in range(17, len(sound), max(1, len(sound) // 15)):
            folder.add("refused", f"{name}_cut_at_{cut}.webp", sound[:cut])
            shorter = sound[:4] + struct.pack("<L", cut - 8) + sound[8:cut]
            folder.add("damaged", f"{name}_cut_and_ended_at_{cut}.webp", shorter)


def add_damaged(folder):
    """Flips bits in files of every format, and cuts JPEGs."""
    sound = [path for path in sorted((folder.root / "equal").iterdir()) if 300 < path.stat().st_size < 4000]
    for path in rng.sample(sound, min(len(sound), 250)):
        data = bytearray(path.read_bytes())
        for _ in range(rng.choice([1, 1, 3, 10])):
            data[rng.randrange(20, len(data))] ^= 1 << rng.randrange(8)
        folder.add("damaged", f"flipped_{path.name}", bytes(data))
    jpegs = [path for path in sound if path.suffix == ".jpg"]
    for path in rng.sample(jpegs, min(len(jpegs), 60)):
        data = path.read_bytes()
        cut = rng.randrange(20, len(data))
        folder.add("damaged", f"cut_at_{cut}_{path.name}", data[:cut])
        folder.add("damaged", f"cut_but_ended_at_{cut}_{path.name}", data[:cut] + b"\xff\xd9")


# ---- what Pillow makes of them --------------------------------------------------------------------------------------


def write_reference(path):
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:  # of any kind: that is how Pillow refuses
        path.with_name(path.name + ".refused").write_text(f"{type(error).__name__}: {error}\n")
        return
    path.with_name(path.name + ".rgb").write_bytes(struct.pack("<LL", *upright.size) + upright.tobytes())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Folder(sys.argv[1])
    for add in (add_png, add_bmp, add_tga, add_pnm, add_gif, add_jpeg, add_webp, add_damaged):
        add(folder)
    files = [path for path in sorted(folder.root.glob("*/*")) if path.suffix not in (".rgb", ".refused")]
    for path in files:
        write_reference(path)
    print(f"{len(files)} files in {folder.root}, read by Pillow {PIL.__version__}")


main()
