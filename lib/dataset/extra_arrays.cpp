#include "dataset/extra_arrays.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace slabring {

std::string array_text(const ArrayForm& form) {
  return fmt::format("{} [{}]", to_string(form.dtype), fmt::join(form.shape, ", "));
}

std::string array_text(std::span<const ExtraArray> arrays) {
  if (arrays.empty()) return "none";
  std::string text;
  for (const ExtraArray& array : arrays) {
    text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", array.name, array.name.empty() ? "" : ": ",
                        array_text(array.form));
  }
  return text;
}

}  // namespace slabring
