"""Writes TFRecord files of tf.train.Example without TensorFlow: usage: write_tfrecord.py FILE [SAMPLE_COUNT]"""
import struct
import sys

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def bytes_feature(data):
    return field(1, field(1, data))


def int64_feature(value, packed=True):
    return field(3, field(1, varint(value)) if packed else varint(1 << 3) + varint(value))


def float_feature(value):
    return field(2, field(1, struct.pack("<f", value)))


def example(features):
    return field(1, b"".join(field(1, field(1, name.encode()) + field(2, value)) for name, value in features))


def record(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


def write(path, count):
    with open(path, "wb") as file:
        for i in range(count):
            file.write(record(example([
                ("image/height", int64_feature(3)),
                ("image/encoded", bytes_feature(b"image %d " % i * (i + 1))),
                ("image/mean", float_feature(0.5)),
                ("other/label", int64_feature(7)),
                ("image/class/label", int64_feature(i - 1, packed=i % 2 == 0)),
            ])))


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
