// Any bytes as a saved state: they are refused with Error(state), or they are a state that writes itself down the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "loader/loader_state.hpp"
#include "slabring/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slabring;
  try {
    const LoaderState state = LoaderState::from_json({reinterpret_cast<const char*>(data), size});
    const std::string text = state.to_json();
    if (LoaderState::from_json(text).to_json() != text) std::abort();
    refuse_other_run(state.run, state.run);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::state) std::abort();
  }
  return 0;
}
