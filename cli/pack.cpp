#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/sample_failure.hpp"
#include "command.hpp"
#include "data_source.hpp"
#include "dataset/extra_arrays.hpp"
#include "dataset/pack_form.hpp"
#include "dataset/pack_writer.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/record_set.hpp"
#include "decode/decoder.hpp"
#include "decode/jpeg_tiler.hpp"
#include "progress.hpp"
#include "read/file_reader.hpp"
#include "sample_names.hpp"
#include "shrink_image.hpp"
#include "slabring/error.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Writes all samples of a source, in their order, into one file with an index and checksums (docs/pack.md). The\n"
    "bytes of images and arrays stay as they are, unless --max-side or --tile says otherwise. What is broken off, or\n"
    "killed, leaves PACK.part; the same command goes on there.\n"
    "\n"
    "With --tile JPEGs are coded anew without loss, as baseline JPEGs with restart markers and an index of them, so\n"
    "that a crop is decoded from the parts that it touches. Their pixels stay the same, bit for bit: each one is\n"
    "decoded and compared. Those that cannot be (CMYK, 12 bits, rare samplings, damaged) stay as they are.\n"
    "\n"
    "Output, the last line of stdout:   packed N bytes M skipped K\n"
    "With --tile the one before it:     tiled T of N bytes B percent P images/s R\n"
    "  B are the samples and their tile indexes, P is that in percent of the bytes that were read.\n"
    "\n"
    "Example:\n"
    "  slabring pack --tile photos photos.slabpack\n"
    "  slabring bench photos.slabpack";

struct PackArguments {
  std::string data;
  Selection selection;
  std::string pack;
  std::optional<int> max_side;
  int quality = 90;
  bool tile = false;
  bool skip_broken = false;
};

/// The bytes of samples as they are to be in the pack.
class SampleBytes {
 public:
  SampleBytes(const Dataset& dataset, const PackForm& form, const PackArguments& arguments) : dataset_(dataset) {
    if (const auto extras = dataset.extra_arrays(); !extras.empty()) {
      throw Error(ErrorCode::dataset,
                  fmt::format("the source's samples have extra arrays ({}), for which a pack has no place",
                              array_text(extras)));
    }
    if (form.is_bare() && arguments.max_side) {
      throw UsageError("--max-side makes image files smaller, and this source has arrays");
    }
    if (form.is_bare() && arguments.tile) {
      throw UsageError("--tile codes JPEGs anew, and this source has arrays");
    }
    if (form.is_bare() && form.sample_bytes() > most_record_bytes) {
      throw Error(ErrorCode::dataset, fmt::format("the source's samples have {} bytes each; a pack takes at most {}",
                                                  form.sample_bytes(), most_record_bytes));
    }
    if (arguments.max_side) shrink_.emplace(*arguments.max_side, arguments.quality);
  }

  /// Valid until the next call. Throws SampleFailure and what the dataset throws.
  std::span<const std::byte> read(SampleId id) {
    sample_.reset();
    dataset_.load(id, sample_);
    if (sample_.source() == Sample::Source::array) return {sample_.array().data, sample_.array().size_bytes()};
    if (sample_.source() == Sample::Source::pixels) return gathered(sample_.pixels());
    const std::span<const std::byte> bytes = sample_.source() == Sample::Source::file
                                                 ? reader_.read(sample_.path(), DecodeLimits{}.max_file_bytes)
                                                 : sample_.encoded();
    bytes_read_ += bytes.size();
    return shrink_ ? shrink_->shrink(bytes) : bytes;
  }
  std::int64_t label() const noexcept { return sample_.label(); }
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  /// The rows without what is between them.
  std::span<const std::byte> gathered(const ImageView& pixels) {
    const auto row_bytes = static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.channels);
    pixels_.clear();
    for (int y = 0; y < pixels.height; ++y) {
      const auto* const row = reinterpret_cast<const std::byte*>(pixels.row(y));
      pixels_.insert(pixels_.end(), row, row + row_bytes);
    }
    return pixels_;
  }

  const Dataset& dataset_;
  Sample sample_;
  std::vector<std::byte> pixels_;
  FileReader reader_;
  std::optional<ShrinkImage> shrink_;
  std::uint64_t bytes_read_ = 0;
};

/// What --tile does, and how much of it was done in this run.
class Tiling {
 public:
  explicit Tiling(const PackWriter& writer) : bytes_before_(writer.bytes()) {}

  /// Appends `image`, in tiles where that can be.
  void add(PackWriter& writer, std::uint64_t i, std::span<const std::byte> image, std::int64_t label,
           const std::string& name) {
    ++images_;
    if (const auto tiled = tiler_.tile(image)) {
      ++tiled_;
      return writer.add_tiled(i, tiled->file, tiled->tiles, label, name);
    }
    writer.add(i, image, label, name);
  }

  void report(const PackWriter& writer, std::uint64_t bytes_read) const {
    const std::uint64_t bytes = writer.bytes() - bytes_before_;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    fmt::print("tiled {} of {} bytes {} percent {:.2f} images/s {:.1f}\n", tiled_, images_, bytes,
               100.0 * static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(1, bytes_read)),
               static_cast<double>(images_) / passed.count());
  }

 private:
  JpegTiler tiler_;
  std::uint64_t bytes_before_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::uint64_t images_ = 0;
  std::uint64_t tiled_ = 0;
};

std::string identity_of(const Dataset& dataset, const PackArguments& arguments) {
  return nlohmann::json{{"version", 1},
                        {"fingerprint", dataset.fingerprint()},
                        {"samples", dataset.size()},
                        {"max_side", arguments.max_side.value_or(0)},
                        {"quality", arguments.max_side ? arguments.quality : 0},
                        {"tile", arguments.tile},
                        {"skip_broken", arguments.skip_broken}}
      .dump();
}

int run(const PackArguments& arguments) {
  const SharedDataset dataset = open_data(arguments.data, arguments.selection);
  const SampleNames names(*dataset, arguments.data);
  const PackForm form = pack_form_of(*dataset);
  SampleBytes samples(*dataset, form, arguments);
  PackWriter writer(arguments.pack, identity_of(*dataset, arguments));
  constexpr std::uint64_t ahead = 16;
  std::optional<Tiling> tiling;
  if (arguments.tile) tiling.emplace(writer);
  const std::uint64_t bytes_before = writer.bytes();
  Progress progress("pack", dataset->size() - writer.first());
  for (std::uint64_t i = writer.first(); i < dataset->size(); ++i) {
    const SampleId id{i};
    if (i + ahead < dataset->size()) dataset->will_need(SampleId{i + ahead});
    try {
      const std::span<const std::byte> image = samples.read(id);
      if (tiling) {
        tiling->add(writer, i, image, samples.label(), names.name(id));
      } else {
        writer.add(i, image, samples.label(), names.name(id));
      }
    } catch (const SampleFailure& failure) {
      progress.wipe();
      const std::string sentence = fmt::format("{}: {}", dataset->describe(id), failure.what());
      if (!arguments.skip_broken) {
        writer.checkpoint();
        throw Error(ErrorCode::sample_fault, sentence + "; --skip-broken leaves such samples out");
      }
      fmt::print(stderr, "skipped {}\n", sentence);
    }
    progress.advance(1);
  }
  if (writer.count() == 0) throw Error(ErrorCode::dataset, "no sample was sound, so there is no pack");
  const std::vector<std::string> classes(dataset->classes().begin(), dataset->classes().end());
  nlohmann::json about = pack_form_to_json(form);
  about["classes"] = names_to_json(classes);
  writer.finish(about.dump(), form.is_bare() ? pack::bare_version : pack::version);
  progress.wipe();
  if (tiling) tiling->report(writer, samples.bytes_read());
  fmt::print("packed {} bytes {} skipped {}\n", writer.count(), writer.bytes() - bytes_before,
             dataset->size() - writer.count());
  return exit_done;
}

}  // namespace

Command add_pack(CLI::App& program) {
  CLI::App* app = program.add_subcommand("pack", "Writes a source into one indexed file, which is read faster");
  auto arguments = std::make_shared<PackArguments>();
  app->add_option("DATA", arguments->data, "What is packed" + kinds_text())->required()->type_name("");
  app->add_option("PACK", arguments->pack, "The file to write, as a rule NAME.slabpack")->required()->type_name("");
  add_selection_options(*app, arguments->selection);
  CLI::Option* side = app->add_option("--max-side", arguments->max_side,
                                      "Images with a longer side are made smaller and encoded as JPEG");
  side->type_name("N");
  app->add_option("--quality", arguments->quality, "Of those JPEGs, 1 to 100")
      ->type_name("Q")
      ->capture_default_str()
      ->needs(side);
  app->add_flag("--tile", arguments->tile, "Code JPEGs anew without loss, so that crops are read and decoded in part");
  app->add_flag("--skip-broken", arguments->skip_broken, "Leave samples out that cannot be read, and name them");
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
