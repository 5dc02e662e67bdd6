#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <new>
#include <unordered_map>
#include <vector>

#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "base/random.hpp"
#include "base/sample_failure.hpp"
#include "command.hpp"
#include "common_options.hpp"
#include "decode/decoder.hpp"
#include "engine/row_engine.hpp"
#include "files.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "read/file_reader.hpp"

namespace slabring::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* manual =
    "Decodes image files one by one, in this process, to 8-bit RGB.\n"
    "\n"
    "For each file NAME that decodes, DIR/NAME.ppm (or .npy, an array of shape (height, width, 3)); for each that "
    "does\n"
    "not, a line in DIR/errors.tsv: path, code and message, separated by tabs. Status 0 when every file was answered\n"
    "one way or the other.\n"
    "\n"
    "With --pipeline, the transforms are run as for the sample whose id is the position of the file in the list.\n"
    "\n"
    "Example:\n"
    "  slabring decode --out decoded photos/cat/*.jpg\n"
    "  find photos -name '*.jpg' > list && slabring decode --out decoded --format npy --list list";

struct DecodeArguments {
  std::string out;
  PipelineArguments pipeline{.pipeline = "none", .size = std::nullopt};
  std::string jpeg_scale{to_string(JpegScale::exact)};
  std::string format = "ppm";
  std::vector<std::string> files;
  std::string list;
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};

/// 8-bit RGB, rows without gaps.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::byte> pixels;
};

RowShape rgb(int height, int width) { return {height, width, 3, DType::u8, Layout::nhwc}; }

/// Reads, decodes and transforms one file after the other.
class FileDecoder {
 public:
  FileDecoder(Pipeline pipeline, JpegScale jpeg_scale, std::uint64_t key)
      : pipeline_(std::move(pipeline)), jpeg_scale_(jpeg_scale), key_(key) {
    program_for(rgb(256, 256));  // a pipeline that cannot work is refused before any file is read
  }

  /// Valid until the next call. Throws SampleFailure.
  const Picture& decode(const std::string& path, SampleId id) {
    const std::span<const std::byte> encoded = reader_.read(path, DecodeLimits{}.max_file_bytes);
    const ImageHeader header = decoder_.open(encoded);
    const Program program = program_for(rgb(header.height, header.width));
    program.plan(header.width, header.height, {key_, id}, plan_);
    const RowShape& row = program.row_shape();
    picture_.width = row.width;
    picture_.height = row.height;
    picture_.pixels.resize(row.bytes());
    program.run(plan_, decode_for_plan(decoder_, jpeg_scale_, plan_), picture_.pixels.data(), scratch_);
    return picture_;
  }

 private:
  /// Files may differ in size, and so may what transforms make of them: each file has a program of its own.
  Program program_for(const RowShape& source) const { return {pipeline_, DType::u8, Layout::nhwc, source}; }

  Pipeline pipeline_;
  JpegScale jpeg_scale_;
  std::uint64_t key_;
  FileReader reader_;
  Decoder decoder_;
  SamplePlan plan_;
  AugmentScratch scratch_;
  Picture picture_;
};

void write_ppm(const fs::path& path, const Picture& picture) {
  const std::string head = fmt::format("P6\n{} {}\n255\n", picture.width, picture.height);
  write_whole(path, {bytes_of(head), picture.pixels});
}

/// NumPy's format 1.0: magic, version, the header's length (u16, little-endian), a header padded with spaces so that
/// the data begins at a multiple of 64, the data.
void write_npy(const fs::path& path, const Picture& picture) {
  constexpr std::size_t preamble_bytes = 10;
  std::string head =
      fmt::format("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}, {}, 3), }}", picture.height, picture.width);
  const std::size_t whole = (preamble_bytes + head.size() + 1 + 63) / 64 * 64;
  head.resize(whole - preamble_bytes - 1, ' ');
  head += '\n';
  std::string preamble = "\x93NUMPY\x01";
  preamble += '\0';
  preamble += static_cast<char>(head.size() & 0xff);
  preamble += static_cast<char>(head.size() >> 8);
  write_whole(path, {bytes_of(preamble), bytes_of(head), picture.pixels});
}

std::string base_name(const std::string& path) { return fs::path(path).filename().string(); }

/// Two files of one name would overwrite each other.
void refuse_equal_names(const std::vector<std::string>& files) {
  std::unordered_map<std::string, const std::string*> seen;
  for (const std::string& path : files) {
    const auto [first, inserted] = seen.emplace(base_name(path), &path);
    if (inserted) continue;
    throw UsageError(fmt::format("{} and {} would both be written as {}: decode them into two directories",
                                 *first->second, path, first->first));
  }
}

std::vector<std::string> lines_of(const std::string& path) {
  try {
    return CLI::detail::split(read_text(path), '\n');
  } catch (const SampleFailure& failure) {
    throw UsageError(fmt::format("--list {}: {}", path, failure.what()));
  }
}

std::vector<std::string> files_of(const DecodeArguments& arguments) {
  if (arguments.list.empty() == arguments.files.empty()) {
    throw UsageError("name the files either as arguments or with --list LIST");
  }
  std::vector<std::string> files = arguments.list.empty() ? arguments.files : lines_of(arguments.list);
  std::erase(files, std::string());
  refuse_equal_names(files);
  return files;
}

/// A field of a line of tab-separated values.
std::string field(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string error_line(const std::string& path, SampleStatus status, std::string_view message) {
  return fmt::format("{}\t{}\t{}\n", field(path), to_string(status), field(std::string(message)));
}

void create_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Error(ErrorCode::io, fmt::format("--out {}: cannot be created: {}", path, error.message()));
}

using Writer = void (*)(const fs::path& path, const Picture& picture);

Writer writer_named(const std::string& format) {
  if (format == "ppm") return write_ppm;
  if (format == "npy") return write_npy;
  throw UsageError(fmt::format("--format {}: must be ppm or npy", format));
}

int run(const DecodeArguments& arguments) {
  const Writer write = writer_named(arguments.format);
  const std::vector<std::string> files = files_of(arguments);
  FileDecoder decoder(resolve_pipeline(arguments.pipeline, false), jpeg_scale_named(arguments.jpeg_scale),
                      epoch_key(arguments.seed, arguments.epoch, RandomPurpose::augment));
  create_directory(arguments.out);

  std::string errors;
  std::size_t decoded = 0;
  Progress progress("decode", files.size());
  for (std::size_t position = 0; position != files.size(); ++position) {
    const std::string& path = files[position];
    try {
      const Picture& picture = decoder.decode(path, SampleId{position});
      write(fs::path(arguments.out) / fmt::format("{}.{}", base_name(path), arguments.format), picture);
      ++decoded;
    } catch (const SampleFailure& failure) {
      errors += error_line(path, failure.status(), failure.what());
    } catch (const std::bad_alloc&) {
      errors += error_line(path, SampleStatus::out_of_memory, "there is not enough memory to decode it");
    }
    progress.advance(1);
  }
  write_whole(fs::path(arguments.out) / "errors.tsv", {bytes_of(errors)});
  progress.wipe();
  fmt::print("decoded {} failed {}\n", decoded, files.size() - decoded);
  return exit_done;
}

}  // namespace

Command add_decode(CLI::App& program) {
  CLI::App* app = program.add_subcommand("decode", "Decodes image files to PPM or NumPy files");
  auto arguments = std::make_shared<DecodeArguments>();
  app->add_option("FILE", arguments->files, "Image files")->type_name("");
  app->add_option("--list", arguments->list, "A file with one path a line, instead of FILE")->type_name("LIST");
  app->add_option("--out", arguments->out, "Directory to write to; made if it is missing")
      ->required()
      ->type_name("DIR");
  app->add_option("--format", arguments->format, "What to write")->type_name("ppm|npy")->capture_default_str();
  add_pipeline_options(*app, arguments->pipeline);
  add_jpeg_scale_option(*app, arguments->jpeg_scale);
  add_whole_number<std::uint64_t>(*app, "--seed", arguments->seed, "Of random transforms");
  add_whole_number<std::uint64_t>(*app, "--epoch", arguments->epoch, "Of random transforms");
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
