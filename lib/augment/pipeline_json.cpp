#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "augment/json_reader.hpp"
#include "augment/op_json.hpp"
#include "slabring/transform.hpp"

namespace slabring {

using nlohmann::json;
using nlohmann::ordered_json;

Pipeline Pipeline::from_json(std::string_view text) {
  const json file = parse_pipeline_text(text);
  constexpr std::array<std::string_view, 3> keys{"transforms", "dtype", "layout"};
  const JsonObject object(file, "", keys);

  const json& list = object.list("transforms");
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
  for (std::size_t i = 0; i < transforms_.size(); ++i) {
    file["transforms"].push_back(transform_json(transforms_[i], std::to_string(i)));
  }
  if (dtype) file["dtype"] = to_string(*dtype);
  if (layout) file["layout"] = to_string(*layout);
  return file.dump();
}

}  // namespace slabring
