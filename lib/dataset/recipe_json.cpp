#include "dataset/recipe_json.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "dataset/name_list.hpp"
#include "slabring/error.hpp"

namespace slabring {

using Json = nlohmann::json;

Json name_to_json(std::string_view name) {
  if (is_utf8(name)) return std::string(name);
  return std::vector<std::uint8_t>(name.begin(), name.end());
}

std::string name_from_json(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  const auto bytes = json.get<std::vector<std::uint8_t>>();
  return {bytes.begin(), bytes.end()};
}

Json names_to_json(std::span<const std::string> names) {
  Json array = Json::array();
  for (const std::string& name : names) array.push_back(name_to_json(name));
  return array;
}

std::vector<std::string> names_from_json(const Json& json) {
  std::vector<std::string> names;
  for (const Json& name : json) names.push_back(name_from_json(name));
  return names;
}

Json recipe_config(const DatasetRecipe& recipe, std::size_t fds, std::string_view what) {
  if (recipe.fds.size() != fds) {
    throw Error(ErrorCode::dataset,
                fmt::format("the recipe of {} has {} descriptors instead of {}", what, recipe.fds.size(), fds));
  }
  try {
    return Json::parse(recipe.config);
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
}

void refuse_recipe(std::string_view what, const Json::exception& error) {
  throw Error(ErrorCode::dataset, fmt::format("the recipe of {} is malformed: {}", what, error.what()));
}

UniqueFd own_copy(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) {
    throw Error(ErrorCode::dataset, fmt::format("a table's descriptor {} cannot be duplicated: {}", fd,
                                                std::generic_category().message(errno)));
  }
  return copy;
}

}  // namespace slabring
