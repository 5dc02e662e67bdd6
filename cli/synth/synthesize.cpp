#include "synth/synthesize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "command.hpp"
#include "files.hpp"
#include "json_output.hpp"
#include "slabring/error.hpp"
#include "synth/jpeg_writer.hpp"
#include "synth/photo_statistics.hpp"
#include "synth/scene.hpp"

namespace slabring::cli {

namespace {

namespace fs = std::filesystem;

/// Raised when the same options give other bytes than before, so that no folder is a mixture.
constexpr int generator_version = 1;
constexpr int most_classes = 10'000;

void validate(const SynthOptions& options) {
  if (options.count < 1) throw UsageError("--count 0: there must be at least 1 image");
  if (options.classes < 1 || options.classes > most_classes) {
    throw UsageError(fmt::format("--classes {}: must be from 1 to {}", options.classes, most_classes));
  }
  if (options.quality && (*options.quality < 1 || *options.quality > 100)) {
    throw UsageError(fmt::format("--quality {}: must be from 1 to 100", *options.quality));
  }
}

// ---- the folder ----

std::string record_of(const SynthOptions& options) {
  Json record = {{"made_by", "slabring synth"},
                 {"version", generator_version},
                 {"count", options.count},
                 {"classes", options.classes},
                 {"seed", options.seed}};
  record["quality"] = options.quality ? Json(*options.quality) : Json("varied");
  return record.dump() + "\n";
}

/// True when nothing lies in `folder`, but perhaps the record that a killed run was writing.
bool holds_nothing(const fs::path& folder) {
  return std::all_of(fs::directory_iterator(folder), fs::directory_iterator(), [](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with(synth_record);
  });
}

void continue_in(const fs::path& folder, const std::string& record) {
  const std::string found = read_text((folder / synth_record).string());
  if (found == record) return;
  throw UsageError(fmt::format("{} was made with other options, {}, not {}; give those options or another folder",
                               folder.string(), found.substr(0, found.find('\n')),
                               record.substr(0, record.size() - 1)));
}

/// Makes `folder` ours, or finds that it is.
void claim(const fs::path& folder, const SynthOptions& options) {
  const std::string record = record_of(options);
  fs::create_directories(folder);
  if (fs::exists(folder / synth_record)) return continue_in(folder, record);
  if (!holds_nothing(folder)) {
    throw UsageError(
        fmt::format("{} is not empty and holds no {}, so 'slabring synth' did not make it; give a new folder",
                    folder.string(), synth_record));
  }
  write_whole(folder / synth_record, {bytes_of(record)});
}

// ---- the images ----

int digits_of(std::uint64_t largest) { return static_cast<int>(std::to_string(largest).size()); }

/// Zeros in front, so that the classes sort by their labels.
fs::path path_of(const fs::path& folder, const SynthOptions& options, std::uint64_t index) {
  const auto classes = static_cast<std::uint64_t>(options.classes);
  const std::string name = fmt::format("class-{:0{}}", index % classes, digits_of(classes - 1));
  return folder / name / fmt::format("{:06}.jpg", index);
}

std::span<const std::byte> make_image(JpegWriter& writer, const SynthOptions& options, std::uint64_t index) {
  enum Stream : std::uint32_t { form_stream, scene_stream };
  RandomStream form_random(options.seed, SampleId{index}, form_stream);
  RandomStream scene_random(options.seed, SampleId{index}, scene_stream);
  const PhotoForm form = draw_photo_form(form_random);
  const int label = static_cast<int>(index % static_cast<std::uint64_t>(options.classes));
  const YccImage image = paint_scene(look_of_class(label), form, scene_random);
  return writer.encode(image, form.subsampling, options.quality.value_or(form.quality));
}

void write_images(const fs::path& folder, const SynthOptions& options, const SynthProgress& progress) {
  JpegWriter writer;
  for (std::uint64_t index = 0; index < options.count; ++index) {
    const fs::path path = path_of(folder, options, index);
    if (!fs::exists(path)) {
      fs::create_directories(path.parent_path());
      write_whole(path, {make_image(writer, options, index)});
    }
    if (progress) progress(index + 1);
  }
}

}  // namespace

void synthesize(const fs::path& folder, const SynthOptions& options, const SynthProgress& progress) {
  validate(options);
  try {
    claim(folder, options);
    write_images(folder, options, progress);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::io, fmt::format("{}: {}", error.path1().string(), error.code().message()));
  }
}

}  // namespace slabring::cli
