#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "augment/json_reader.hpp"
#include "augment/parameters.hpp"
#include "slabring/error.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// ---- reading ----

// `size` as torchvision has it: one number, or [height, width].
struct SizeValue {
  int number = 0;            // where it is one number
  std::optional<Size> both;  // where it is two
};

SizeValue read_size(const JsonObject& object) {
  const json& value = object.at("size");
  if (value.is_number_integer()) return {object.integer("size"), std::nullopt};
  if (!value.is_array() || value.size() != 2) {
    object.refuse("size", fmt::format("{} is no size; must be a whole number or [height, width]", shown(value)));
  }
  const json sides{{"height", value[0]}, {"width", value[1]}};
  constexpr std::array<std::string_view, 2> keys{"height", "width"};
  const JsonObject both(sides, object.place_of("size"), keys);
  return {0, Size(both.integer("height"), both.integer("width"))};
}

Size read_both_sides(const JsonObject& object) {
  const SizeValue size = read_size(object);
  return size.both ? *size.both : Size(size.number);
}

void read_interpolation(const JsonObject& object, Interpolation& into) {
  if (object.find("interpolation")) into = object.choice<Interpolation>("interpolation");
}

Transform read_resize(const JsonObject& object) {
  const SizeValue size = read_size(object);
  Resize op = size.both ? Resize(*size.both) : Resize(size.number);
  if (object.find("max_size")) op.max_size = object.integer("max_size");
  read_interpolation(object, op.interpolation);
  return op;
}

Transform read_center_crop(const JsonObject& object) { return CenterCrop(read_both_sides(object)); }

Transform read_random_resized_crop(const JsonObject& object) {
  RandomResizedCrop op(read_both_sides(object));
  if (object.find("scale")) op.scale = object.pair("scale");
  if (object.find("ratio")) op.ratio = object.pair("ratio");
  read_interpolation(object, op.interpolation);
  return op;
}

Transform read_random_horizontal_flip(const JsonObject& object) {
  return object.find("p") ? RandomHorizontalFlip(object.number("p")) : RandomHorizontalFlip();
}

Transform read_normalize(const JsonObject& object) { return Normalize(object.numbers("mean"), object.numbers("std")); }

struct OpForm {
  std::string_view name;
  std::array<std::string_view, 5> keys;  // those that are not empty
  Transform (*read)(const JsonObject& object);
};

constexpr std::array<OpForm, 5> op_forms{{
    {"Resize", {"op", "size", "max_size", "interpolation"}, read_resize},
    {"CenterCrop", {"op", "size"}, read_center_crop},
    {"RandomResizedCrop", {"op", "size", "scale", "ratio", "interpolation"}, read_random_resized_crop},
    {"RandomHorizontalFlip", {"op", "p"}, read_random_horizontal_flip},
    {"Normalize", {"op", "mean", "std"}, read_normalize},
}};

std::span<const std::string_view> keys_of(const OpForm& form) {
  return {form.keys.begin(), std::find(form.keys.begin(), form.keys.end(), std::string_view())};
}

// The form that an object's "op" names; its other keys are not looked at yet.
const OpForm& form_of(const json& value, const std::string& where) {
  std::vector<std::string_view> names;
  names.reserve(op_forms.size());
  std::vector<std::string_view> present;  // so that this object refuses no key
  for (const OpForm& form : op_forms) names.push_back(form.name);
  if (value.is_object()) {
    for (const auto& item : value.items()) present.push_back(item.key());
  }
  const JsonObject object(value, where, present);
  const std::string_view name = object.word("op");
  for (const OpForm& form : op_forms) {
    if (form.name == name) return form;
  }
  object.refuse_word("op", names);
}

Transform read_transform(const json& value, const std::string& where) {
  const OpForm& form = form_of(value, where);
  const JsonObject object(value, where, keys_of(form));
  Transform transform = form.read(object);
  if (const auto fault = find_fault(transform)) object.refuse(fault->parameter, fault->sentence);
  return transform;
}

// ---- writing ----

ordered_json size_json(Size size) { return {size.height, size.width}; }

struct Writer {
  ordered_json& out;

  void operator()(const Resize& op) const {
    out["size"] = op.exact ? size_json(*op.exact) : ordered_json(op.shorter_side);
    if (op.max_size > 0) out["max_size"] = op.max_size;
    out["interpolation"] = to_string(op.interpolation);
  }
  void operator()(const CenterCrop& op) const { out["size"] = size_json(op.size); }
  void operator()(const RandomResizedCrop& op) const {
    out["size"] = size_json(op.size);
    out["scale"] = op.scale;
    out["ratio"] = op.ratio;
    out["interpolation"] = to_string(op.interpolation);
  }
  void operator()(const RandomHorizontalFlip& op) const { out["p"] = op.p; }
  void operator()(const Normalize& op) const {
    out["mean"] = op.mean;
    out["std"] = op.std;
  }
  void operator()(const Lambda&) const {}  // refused before
};

ordered_json transform_json(const Transform& transform, std::size_t position) {
  const auto refuse = [&](const std::string& sentence) {
    throw Error(ErrorCode::pipeline, fmt::format("transform {}, {}: {}", position, op_name(transform), sentence));
  };
  if (std::holds_alternative<Lambda>(transform)) {
    refuse("a function of this program cannot be written into a pipeline file");
  }
  if (const auto fault = find_fault(transform)) refuse(fmt::format("{} {}", fault->parameter, fault->sentence));
  ordered_json out{{"op", op_name(transform)}};
  std::visit(Writer{out}, transform);
  return out;
}

}  // namespace

Pipeline Pipeline::from_json(std::string_view text) {
  const json file = parse_pipeline_text(text);
  constexpr std::array<std::string_view, 3> keys{"transforms", "dtype", "layout"};
  const JsonObject object(file, "", keys);

  const json& list = object.at("transforms");
  if (!list.is_array()) object.refuse("transforms", fmt::format("{} is no list", shown(list)));
  std::vector<Transform> transforms;
  for (std::size_t i = 0; i < list.size(); ++i) {
    transforms.push_back(read_transform(list[i], fmt::format("transforms[{}]", i)));
  }

  Pipeline pipeline(std::move(transforms));
  if (object.find("dtype")) pipeline.dtype = object.choice<DType>("dtype");
  if (object.find("layout")) pipeline.layout = object.choice<Layout>("layout");
  return pipeline;
}

std::string Pipeline::to_json() const {
  ordered_json file{{"transforms", ordered_json::array()}};
  for (std::size_t i = 0; i < transforms_.size(); ++i) file["transforms"].push_back(transform_json(transforms_[i], i));
  if (dtype) file["dtype"] = to_string(*dtype);
  if (layout) file["layout"] = to_string(*layout);
  return file.dump();
}

}  // namespace slabring
