#include "process/worker_program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "slabring/error.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;

constexpr const char* program_name = "slabring-worker";

bool is_program(const fs::path& path) { return !fs::is_directory(path) && access(path.c_str(), X_OK) == 0; }

std::string named_program(const fs::path& path, const char* origin) {
  std::error_code ignored;
  if (is_program(path)) return fs::absolute(path, ignored).string();
  throw Error(ErrorCode::process,
              fmt::format("{} names '{}', which is not a program that may be run", origin, path.string()));
}

}  // namespace

std::string find_worker_program(const std::string& option) {
  if (!option.empty()) return named_program(option, "option worker_program");
  if (const char* named = std::getenv("SLABRING_WORKER"); named != nullptr && *named != '\0') {
    return named_program(named, "SLABRING_WORKER");
  }
  std::error_code ignored;
  const fs::path program_folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const std::vector<std::string> places{
      (program_folder / program_name).string(),
      (program_folder / SLABRING_LIBEXEC_FROM_BIN / program_name).lexically_normal().string(),
      (fs::path(SLABRING_LIBEXEC_DIR) / program_name).string()};
  for (const std::string& place : places) {
    if (is_program(place)) return place;
  }
  throw Error(ErrorCode::process,
              fmt::format("{} was not found at {}; set SLABRING_WORKER or option worker_program, or use start_method "
                          "fork or workers 0",
                          program_name, fmt::join(places, " or ")));
}

}  // namespace slabring
