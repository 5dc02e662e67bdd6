#include "process/worker_setup.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/memfd.hpp"
#include "ring/layout.hpp"
#include "ring/recovery.hpp"
#include "slabring/error.hpp"
#include "slabring/version.hpp"

namespace slabring {
namespace {

using nlohmann::json;

constexpr std::size_t max_setup_bytes = std::size_t{64} << 20;

/// A value that went through an unsigned; refuses what is no enumerator.
template <class Enum>
Enum enum_at(const json& object, const char* key, Enum last) {
  const auto value = object.at(key).get<unsigned>();
  if (value > static_cast<unsigned>(last)) {
    throw Error(ErrorCode::process, fmt::format("the set-up's {} has the value {}, which is none", key, value));
  }
  return static_cast<Enum>(value);
}

WorkerSetup parse(const json& in) {
  WorkerSetup setup;
  setup.trainer = in.at("trainer").get<int>();
  setup.start_method = enum_at(in, "start_method", StartMethod::fork);
  setup.supervision.workers = in.at("workers").get<std::uint32_t>();
  setup.supervision.attachable = in.at("attachable").get<std::uint32_t>();
  setup.supervision.timeout = std::chrono::milliseconds(in.at("timeout_ms").get<std::int64_t>());
  setup.supervision.huge_pages = in.at("huge_pages").get<bool>();
  setup.rows.on_error = enum_at(in, "on_error", OnError::substitute);
  setup.supervision.on_error = setup.rows.on_error;
  setup.first = in.at("first").get<bool>();
  setup.rows.seed = in.at("seed").get<std::uint64_t>();
  setup.sandbox = enum_at(in, "sandbox", Sandbox::off);
  setup.rows.jpeg_decoder = enum_at(in, "jpeg_decoder", JpegDecoding::libjpeg);
  setup.rows.jpeg_scale = enum_at(in, "jpeg_scale", JpegScale::fast);
  setup.dtype = enum_at(in, "dtype", DType::u64);
  setup.layout = enum_at(in, "layout", Layout::nhwc);
  if (in.contains("sample_shape")) {
    const auto shape = in.at("sample_shape").get<std::array<int, 3>>();
    setup.sample_shape = SampleShape{shape[0], shape[1], shape[2]};
  }
  if (in.contains("sample_array")) {
    ArrayForm form{enum_at(in, "sample_array_dtype", DType::u64), {}};
    const auto shape = in.at("sample_array").get<std::vector<std::int64_t>>();
    if (shape.size() > Axes::most) throw Error(ErrorCode::process, "the set-up's sample_array has too many axes");
    for (const std::int64_t extent : shape) form.shape.push_back(extent);
    setup.sample_array = form;
  }
  setup.pipeline = in.at("pipeline").get<std::string>();
  setup.dataset.kind = in.at("dataset").get<std::string>();
  setup.dataset.config = in.at("dataset_config").get<std::string>();
  setup.dataset.worker_command = in.at("worker_command").get<std::vector<std::string>>();
  setup.dataset.fds.resize(in.at("dataset_tables").get<std::uint8_t>(), -1);
  return setup;
}

}  // namespace

std::uint32_t Supervision::give_up_at() const noexcept {
  return on_error == OnError::substitute ? ring::last_substitute_attempts : ring::quarantine_attempts;
}

std::string WorkerSetup::to_json() const {
  json out{{"version", slabring::version()},
           {"abi", ring::abi_hash()},
           {"trainer", trainer},
           {"start_method", static_cast<unsigned>(start_method)},
           {"workers", supervision.workers},
           {"attachable", supervision.attachable},
           {"timeout_ms", supervision.timeout.count()},
           {"huge_pages", supervision.huge_pages},
           {"on_error", static_cast<unsigned>(rows.on_error)},
           {"first", first},
           {"seed", rows.seed},
           {"sandbox", static_cast<unsigned>(sandbox)},
           {"jpeg_decoder", static_cast<unsigned>(rows.jpeg_decoder)},
           {"jpeg_scale", static_cast<unsigned>(rows.jpeg_scale)},
           {"dtype", static_cast<unsigned>(dtype)},
           {"layout", static_cast<unsigned>(layout)},
           {"pipeline", pipeline},
           {"dataset", dataset.kind},
           {"dataset_config", dataset.config},
           {"worker_command", dataset.worker_command},
           {"dataset_tables", dataset.fds.size()}};
  if (sample_shape) out["sample_shape"] = {sample_shape->height, sample_shape->width, sample_shape->channels};
  if (sample_array) {
    out["sample_array"] = std::vector<std::int64_t>(sample_array->shape.begin(), sample_array->shape.end());
    out["sample_array_dtype"] = static_cast<unsigned>(sample_array->dtype);
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

WorkerSetup WorkerSetup::from_json(std::string_view text) {
  try {
    const json in = json::parse(text);
    const auto version = in.at("version").get<std::string>();
    if (version != slabring::version() || in.at("abi").get<std::uint64_t>() != ring::abi_hash()) {
      throw Error(ErrorCode::process, fmt::format("slabring-worker is version {}, the library that started it is {}; "
                                                  "install the two together or set SLABRING_WORKER",
                                                  slabring::version(), version));
    }
    return parse(in);
  } catch (const json::exception& error) {
    throw Error(ErrorCode::process, fmt::format("the set-up cannot be read: {}", error.what()));
  }
}

OpenedSetup::OpenedSetup(const WorkerSetup& setup, std::vector<int> tables, const OpenDataset& open)
    : dataset_(open({setup.dataset.kind, setup.dataset.config, std::move(tables)})),
      program_(Pipeline::from_json(setup.pipeline), setup.dtype, setup.layout,
               source_shape(setup.sample_shape, setup.sample_array)),
      rows_(setup.rows),
      sandbox_(setup.sandbox) {}

UniqueFd text_to_memfd(const char* name, std::string_view text) {
  UniqueFd fd = create_memfd(name);
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t n = write(fd.get(), text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw Error(ErrorCode::io, fmt::format("cannot write the set-up: {}", std::strerror(errno)));
    written += static_cast<std::size_t>(n);
  }
  return fd;
}

std::string text_from_memfd(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || status.st_size < 0 || static_cast<std::size_t>(status.st_size) > max_setup_bytes) {
    throw Error(ErrorCode::process,
                fmt::format("descriptor {} holds no set-up; slabring-worker is started by a Loader, not by hand", fd));
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t got = 0; got < text.size();) {
    const ssize_t n = pread(fd, text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw Error(ErrorCode::process, "the set-up cannot be read to its end");
    got += static_cast<std::size_t>(n);
  }
  return text;
}

}  // namespace slabring
