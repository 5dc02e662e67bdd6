#include "dataset/tf_example.hpp"

#include "dataset/protobuf.hpp"

namespace slabring {
namespace {

using protobuf::Bytes;
using protobuf::Field;

constexpr const char* example_name = "tf.train.Example";

class Message : public protobuf::Message {
 public:
  explicit Message(Bytes bytes) noexcept : protobuf::Message(bytes, example_name) {}
};

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The first value of BytesList or Int64List: field 1, of which numbers may be packed.
std::optional<Bytes> first_bytes(Bytes list) {
  Message message(list);
  for (Field field; message.next(field);) {
    if (field.number == 1 && field.has_bytes) return field.bytes;
  }
  return std::nullopt;
}

std::optional<std::int64_t> first_number(Bytes list) {
  Message message(list);
  for (Field field; message.next(field);) {
    if (field.number != 1) continue;
    if (!field.has_bytes) return static_cast<std::int64_t>(field.value);
    if (!field.bytes.empty()) return static_cast<std::int64_t>(Message(field.bytes).varint());
  }
  return std::nullopt;
}

/// Feature: 1 is a BytesList, 2 a FloatList, 3 an Int64List.
void take_feature(std::string_view name, Bytes feature, std::string_view image_name, std::string_view label_name,
                  TfExample& example) {
  Message message(feature);
  for (Field field; message.next(field);) {
    if (!field.has_bytes) continue;
    if (field.number == 1 && name == image_name) example.image = first_bytes(field.bytes);
    if (field.number == 3 && name == label_name) example.label = first_number(field.bytes);
  }
}

}  // namespace

TfExample read_tf_example(std::span<const std::byte> bytes, std::string_view image_name, std::string_view label_name) {
  TfExample result;
  Message example(bytes);
  for (Field features; example.next(features);) {
    if (features.number != 1 || !features.has_bytes) continue;
    Message map(features.bytes);
    for (Field pair; map.next(pair);) {
      if (pair.number != 1 || !pair.has_bytes) continue;
      std::string_view name;
      Bytes value;
      Message parts(pair.bytes);
      for (Field part; parts.next(part);) {
        if (part.number == 1 && part.has_bytes) name = text_of(part.bytes);
        if (part.number == 2 && part.has_bytes) value = part.bytes;
      }
      if (name == image_name || name == label_name) take_feature(name, value, image_name, label_name, result);
    }
  }
  return result;
}

}  // namespace slabring
