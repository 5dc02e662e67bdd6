#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "base/sample_failure.hpp"
#include "command.hpp"
#include "dataset/npy_header.hpp"
#include "dataset/pack.hpp"
#include "decode/decoder.hpp"
#include "files.hpp"
#include "progress.hpp"
#include "sample_names.hpp"
#include "slabring/error.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Writes every sample of a pack as a file, byte for byte as it was packed, beneath a new folder; and manifest.csv\n"
    "with the path of each and its label, or its class where labels have names. Of arrays and pixels it writes\n"
    "samples.npy and labels.npy.\n"
    "\n"
    "Output, the last line of stdout:   unpacked N bytes M\n"
    "\n"
    "Example:\n"
    "  slabring unpack photos.slabpack photos\n"
    "  slabring digest photos/manifest.csv";

struct UnpackArguments {
  std::string pack;
  std::string folder;
};

/// The ending that a file of this format has as a rule; names in a pack need not have one.
std::string ending_of(std::span<const std::byte> file) {
  Decoder decoder;
  try {
    std::string ending(to_string(decoder.open(file).format));
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return '.' + (ending == "jpeg" ? "jpg" : ending);
  } catch (const SampleFailure&) {
    return ".bin";
  }
}

/// A cell of CSV (RFC 4180).
std::string csv_cell(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

/// Where the sample goes; of two of one name the second one gets its number.
std::string path_for(const Pack& pack, SampleId id, std::span<const std::byte> bytes, std::set<std::string>& taken) {
  const std::string name(pack.name(id));
  std::string path = safe_relative_path(name);
  if (path.empty()) {
    throw Error(ErrorCode::dataset,
                fmt::format("{}: its name leads out of the folder, so it is not written", pack.describe(id)));
  }
  if (!std::filesystem::path(path).has_extension()) path += ending_of(bytes);
  if (!taken.insert(path).second) {
    path = fmt::format("{}/{}", to_index(id), path);
    taken.insert(path);
  }
  return path;
}

/// Loads sample after sample, and calls `take` with each. Throws Error(sample_fault).
template <class Take>
void for_every_sample(const Pack& pack, const Take& take) {
  Sample sample;
  Progress progress("unpack", pack.size());
  for (std::uint64_t i = 0; i < pack.size(); ++i) {
    const SampleId id{i};
    sample.reset();
    try {
      pack.load(id, sample);
    } catch (const SampleFailure& failure) {
      throw Error(ErrorCode::sample_fault, fmt::format("{}: {}", pack.describe(id), failure.what()));
    }
    take(id, sample);
    progress.advance(1);
  }
  progress.wipe();
}

/// Returns how many bytes the samples have.
std::uint64_t write_image_files(const Pack& pack, const std::filesystem::path& folder) {
  std::string manifest = "path,label\n";
  std::set<std::string> taken{"manifest.csv"};
  std::uint64_t written = 0;
  for_every_sample(pack, [&](SampleId id, const Sample& sample) {
    const std::string path = path_for(pack, id, sample.encoded(), taken);
    std::filesystem::create_directories((folder / path).parent_path());
    write_whole(folder / path, {sample.encoded()});
    const auto label = sample.label();
    const bool named = label >= 0 && static_cast<std::size_t>(label) < pack.classes().size();
    manifest +=
        fmt::format("{},{}\n", csv_cell(path),
                    named ? csv_cell(pack.classes()[static_cast<std::size_t>(label)]) : fmt::format("{}", label));
    written += sample.encoded().size();
  });
  write_whole(folder / "manifest.csv", {bytes_of(manifest)});
  return written;
}

/// All samples as one array, as numpy and the kind npy read it, and their labels as another.
std::uint64_t write_arrays(const Pack& pack, const std::filesystem::path& folder) {
  const PackForm& form = pack.form();
  const DType dtype = form.array ? form.array->dtype : DType::u8;
  if (dtype == DType::bf16) throw Error(ErrorCode::dataset, "numpy has no bf16, so these arrays are not written");
  Axes shape{static_cast<std::int64_t>(pack.size())};
  if (form.array && form.array->shape.size() == Axes::most) {
    throw Error(ErrorCode::dataset, fmt::format("samples of {} axes are not written as one array", Axes::most));
  }
  if (form.array) {
    for (const std::int64_t extent : form.array->shape) shape.push_back(extent);
  } else {
    for (const int extent : {form.pixels->height, form.pixels->width, form.pixels->channels}) shape.push_back(extent);
  }
  TemporaryFile samples(folder / "samples.npy");
  samples.append(bytes_of(npy_header_of(dtype, shape)));
  std::vector<std::int64_t> labels;
  for_every_sample(pack, [&](SampleId, const Sample& sample) {
    samples.append(form.array ? std::span(sample.array().data, sample.array().size_bytes())
                              : std::as_bytes(std::span(sample.pixels().data, form.sample_bytes())));
    labels.push_back(sample.label());
  });
  samples.rename_to_target();
  write_whole(folder / "labels.npy",
              {bytes_of(npy_header_of(DType::i64, {shape[0]})), std::as_bytes(std::span(labels))});
  return pack.size() * form.sample_bytes();
}

int run(const UnpackArguments& arguments) {
  const Pack pack(arguments.pack);
  if (!pack.index().is_sound()) {
    throw Error(ErrorCode::dataset,
                fmt::format("{}: the checksum of its index is another than was written; the pack is "
                            "damaged",
                            arguments.pack));
  }
  const std::filesystem::path folder(arguments.folder);
  if (!std::filesystem::create_directories(folder) && !std::filesystem::is_empty(folder)) {
    throw UsageError(fmt::format("{} holds something already; name a new folder", arguments.folder));
  }
  const std::uint64_t written = pack.form().is_bare() ? write_arrays(pack, folder) : write_image_files(pack, folder);
  fmt::print("unpacked {} bytes {}\n", pack.size(), written);
  return exit_done;
}

}  // namespace

Command add_unpack(CLI::App& program) {
  CLI::App* app = program.add_subcommand("unpack", "Writes the samples of a pack as files again");
  auto arguments = std::make_shared<UnpackArguments>();
  app->add_option("PACK", arguments->pack, "A file that slabring pack wrote")->required()->type_name("");
  app->add_option("FOLDER", arguments->folder, "A folder that is new, or empty")->required()->type_name("");
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
