#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "command.hpp"
#include "common_options.hpp"
#include "contact_sheet.hpp"
#include "data_source.hpp"
#include "files.hpp"
#include "numbers.hpp"
#include "ring/layout.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Writes a contact sheet of the first batch of an epoch as a PNG: what the model will see, with the class below\n"
    "each image. Of a sample that fails, the sheet shows a black square and why.\n"
    "\n"
    "Example: how does the augmentation treat the same images in the next epoch?\n"
    "  slabring preview photos --no-shuffle --out epoch0.png\n"
    "  slabring preview photos --no-shuffle --out epoch1.png --epoch 1";

struct PreviewArguments {
  LoaderArguments loader;
  std::string out;
  std::int64_t count = 16;
  std::uint64_t epoch = 0;
};

std::string caption_of(const Batch& batch, std::size_t row, const Dataset& dataset) {
  if (batch.statuses()[row] != SampleStatus::ok) return std::string(to_string(batch.statuses()[row]));
  const std::int64_t label = batch.labels()[row];
  const std::span<const std::string> classes = dataset.classes();
  if (label >= 0 && static_cast<std::size_t>(label) < classes.size()) return classes[static_cast<std::size_t>(label)];
  return std::filesystem::path(dataset.describe(batch.ids()[row])).filename().string();
}

/// Of one channel grey, of two the first one, of four without the last.
std::vector<std::uint8_t> as_rgb(const std::uint8_t* pixels, std::size_t count, std::size_t channels) {
  std::vector<std::uint8_t> rgb(count * 3);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = pixels[i * channels + (channels < 3 ? 0 : c)];
  }
  return rgb;
}

ContactSheet sheet_of(const Batch& batch, const Dataset& dataset) {
  const Tensor images = batch.images();
  if (images.shape.size() != 4) {
    throw UsageError(
        "DATA holds arrays, and preview draws images; a --pipeline with a transform takes arrays of bytes "
        "as images");
  }
  const int height = static_cast<int>(images.shape[1]);
  const int width = static_cast<int>(images.shape[2]);
  const auto channels = static_cast<std::size_t>(images.shape[3]);
  ContactSheet sheet(static_cast<int>(batch.size()), width, height);
  for (std::size_t row = 0; row != batch.size(); ++row) {
    const auto offset = static_cast<std::ptrdiff_t>(row) * images.strides[0];
    const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    const std::vector<std::uint8_t> rgb = as_rgb(images.as<std::uint8_t>() + offset, pixels, channels);
    const ImageView image{rgb.data(), width, height, 3, std::ptrdiff_t{width} * 3};
    sheet.place(static_cast<int>(row), image, caption_of(batch, row, dataset));
  }
  return sheet;
}

int run(const PreviewArguments& arguments) {
  if (arguments.count < 1 || arguments.count > ring::max_batch) {
    throw UsageError(fmt::format("--count {}: must be from 1 to {}", arguments.count, ring::max_batch));
  }
  LoaderRequest request = resolve(arguments.loader);
  const SharedDataset opened = open_data(arguments.loader.data, arguments.loader.selection);
  const Dataset& dataset = *opened;
  request.options.dtype = DType::u8;
  request.options.layout = Layout::nhwc;
  request.options.on_error = OnError::mask;
  request.options.batch_size = std::min(arguments.count, static_cast<std::int64_t>(dataset.size()));
  Loader loader(dataset, std::move(request.pipeline), request.options);
  loader.epoch(arguments.epoch);
  const Batch batch = loader.next();
  write_whole(arguments.out, {sheet_of(batch, dataset).png()});
  return exit_done;
}

}  // namespace

Command add_preview(CLI::App& program) {
  CLI::App* app = program.add_subcommand("preview", "Draws a batch as it is delivered, as a PNG");
  auto arguments = std::make_shared<PreviewArguments>();
  add_data(*app, arguments->loader);
  add_cache_option(*app, arguments->loader.selection);
  app->add_option("--out", arguments->out, "The PNG to write")->required()->type_name("FILE");
  add_whole_number<std::int64_t>(*app, "--count", arguments->count, "How many images, at most");
  add_whole_number<std::uint64_t>(*app, "--epoch", arguments->epoch, "Whose first batch is drawn");
  add_pipeline_options(*app, arguments->loader.pipeline);
  add_order_options(*app, arguments->loader);
  add_worker_options(*app, arguments->loader);
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
