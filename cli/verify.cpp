#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "command.hpp"
#include "common_options.hpp"
#include "data_source.hpp"
#include "decode/decoder.hpp"
#include "json_output.hpp"
#include "progress.hpp"
#include "read/file_reader.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Decodes every image completely, with all workers, and says which cannot be used for training and why.\n"
    "\n"
    "Output: for each file that fails its path, code and message, separated by tabs; then totals by format and by "
    "size\n"
    "in pixels (from the header; 'unknown' where that cannot be read). Status 1 when any file fails.\n"
    "\n"
    "Example:\n"
    "  slabring verify photos > report.txt || echo 'some files are broken'";

struct VerifyArguments {
  LoaderArguments loader;
  bool json = false;
};

struct Count {
  std::uint64_t files = 0;
  std::uint64_t failed = 0;
};

/// A class of sizes: all images below `pixels` that are in no class before.
struct SizeClass {
  std::uint64_t pixels;
  const char* name;
};
constexpr std::array size_classes{SizeClass{100'000, "below 0.1 MP"}, SizeClass{500'000, "0.1 to 0.5 MP"},
                                  SizeClass{2'000'000, "0.5 to 2 MP"}, SizeClass{10'000'000, "2 to 10 MP"},
                                  SizeClass{~std::uint64_t{0}, "10 MP and more"}};
constexpr const char* unknown = "unknown";

const char* size_class_of(const ImageHeader& header) {
  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  std::size_t at = 0;
  while (pixels >= size_classes[at].pixels) ++at;
  return size_classes[at].name;
}

/// Reads headers in this process, while the workers decode: a worker hands over pixels only.
class HeaderReader {
 public:
  /// Nothing where the header cannot be read.
  std::optional<ImageHeader> read(const Dataset& dataset, SampleId id) {
    try {
      sample_.reset();
      dataset.load(id, sample_);
      return decoder_.open(sample_.source() == Sample::Source::file
                               ? reader_.read(sample_.path(), DecodeLimits{}.max_file_bytes)
                               : sample_.encoded());
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

 private:
  Sample sample_;
  FileReader reader_;
  Decoder decoder_;
};

/// What is known about the dataset when all of it was delivered.
struct Report {
  Count all;
  std::map<std::string, Count> formats;
  std::map<std::string, Count> sizes;
  std::vector<SampleFault> faults;

  void add(const std::optional<ImageHeader>& header, bool failed) {
    Count& format = formats[header ? to_string(header->format) : unknown];
    Count& size = sizes[header ? size_class_of(*header) : unknown];
    for (Count* count : {&all, &format, &size}) {
      ++count->files;
      count->failed += failed ? 1 : 0;
    }
  }
};

Report verify(const Dataset& dataset, const LoaderOptions& options) {
  // A row of hardly any bytes whose source is the whole image, so that the decoder has to read all of the file.
  Pipeline pipeline{Resize(Size(8), Interpolation::nearest)};
  if (dataset.sample_array()) pipeline = {};
  Loader loader(dataset, std::move(pipeline), options);
  HeaderReader headers;
  Report report;
  Progress progress("verify", loader.samples_per_epoch());
  for (const Batch& batch : loader.epoch(0)) {
    for (std::size_t row = 0; row != batch.size(); ++row) {
      report.add(headers.read(dataset, batch.ids()[row]), batch.statuses()[row] != SampleStatus::ok);
    }
    std::vector<SampleFault> faults = batch.faults();
    std::move(faults.begin(), faults.end(), std::back_inserter(report.faults));
    progress.advance(batch.size());
  }
  return report;
}

void print_count(const std::string& name, const Count& count) {
  fmt::print("{:<16}{:>12}{:>12}\n", name, count.files, count.failed);
}

void print_text(const Report& report) {
  for (const SampleFault& fault : report.faults) {
    fmt::print("{}\t{}\t{}\n", fault.source, to_string(fault.status), fault.message);
  }
  fmt::print("{}{:<16}{:>12}{:>12}\n", report.faults.empty() ? "" : "\n", "format", "files", "failed");
  for (const auto& [name, count] : report.formats) print_count(name, count);
  fmt::print("\n{:<16}{:>12}{:>12}\n", "size", "files", "failed");
  for (const SizeClass& size : size_classes) {
    if (report.sizes.contains(size.name)) print_count(size.name, report.sizes.at(size.name));
  }
  if (report.sizes.contains(unknown)) print_count(unknown, report.sizes.at(unknown));
  fmt::print("\n");
  print_count("total", report.all);
}

Json to_json(const std::map<std::string, Count>& counts) {
  Json object = Json::object();
  for (const auto& [name, count] : counts) object[name] = {{"files", count.files}, {"failed", count.failed}};
  return object;
}

void print_json(const std::string& data, const Report& report) {
  Json failures = Json::array();
  for (const SampleFault& fault : report.faults) {
    failures.push_back({{"path", fault.source},
                        {"code", to_string(fault.status)},
                        {"status", static_cast<std::uint32_t>(fault.status)},
                        {"message", fault.message}});
  }
  print_json_object({{"data", data},
                     {"files", report.all.files},
                     {"failed", report.all.failed},
                     {"failures", std::move(failures)},
                     {"formats", to_json(report.formats)},
                     {"sizes", to_json(report.sizes)}});
}

int run(const VerifyArguments& arguments) {
  LoaderOptions options = resolve(arguments.loader).options;
  options.shuffle = false;
  options.on_error = OnError::mask;
  options.epochs = 1;
  const SharedDataset opened = open_data(arguments.loader.data, arguments.loader.selection);
  const Dataset& dataset = *opened;
  const Report report = verify(dataset, options);
  if (arguments.json) {
    print_json(arguments.loader.data, report);
  } else {
    print_text(report);
  }
  return report.all.failed == 0 ? exit_done : exit_failed;
}

}  // namespace

Command add_verify(CLI::App& program) {
  CLI::App* app = program.add_subcommand("verify", "Decodes every image and lists the files that fail");
  auto arguments = std::make_shared<VerifyArguments>();
  add_data(*app, arguments->loader);
  app->add_flag("--json", arguments->json, "One JSON object instead of text");
  add_worker_options(*app, arguments->loader);
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
