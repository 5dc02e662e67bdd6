// Any bytes as a pipeline file: they are refused with Error(pipeline), or they make a pipeline that writes itself down,
// reads itself back and can be planned for any image.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "augment/program.hpp"
#include "base/sample_failure.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void plan_images(const Program& program) {
  SamplePlan plan;
  for (const auto& [width, height] : {std::pair(1, 1), {500, 375}, {3, 65'500}, {65'500, 1}}) {
    try {
      program.plan(width, height, {1, SampleId{2}}, plan);
    } catch (const SampleFailure& failure) {
      require(failure.status() == SampleStatus::wrong_shape || failure.status() == SampleStatus::too_large);
      continue;
    }
    const Rect& region = plan.region();
    require(region.width > 0 && region.height > 0);
    require(intersection(region, {0, 0, width, height}) == region);
  }
}

void check_text(std::string_view text) {
  try {
    const Pipeline pipeline = Pipeline::from_json(text);
    const std::string written = pipeline.to_json();
    require(Pipeline::from_json(written).to_json() == written);
    if (written.find("\"Plugin\"") != std::string::npos) return;  // would load whatever library the input names
    plan_images(Program(pipeline, pipeline.dtype.value_or(DType::f32), pipeline.layout.value_or(Layout::nchw)));
  } catch (const Error& error) {
    require(error.code() == ErrorCode::pipeline);
  }
}

}  // namespace
}  // namespace slabring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slabring::check_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
