#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

#include "command.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "synth/synthesize.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Writes class folders of generated JPEGs that cost as much to read and decode as photos do: sizes, subsampling,\n"
    "bytes and the work of entropy decoding are distributed as ImageNet's. Classes differ in colours and shapes, so\n"
    "that a small network learns to tell them apart.\n"
    "\n"
    "The same options write the same bytes with the same libjpeg-turbo. A run that was interrupted is completed by\n"
    "the same command; nothing is ever deleted or overwritten.\n"
    "\n"
    "Example:\n"
    "  slabring synth photos --count 400";

struct SynthArguments {
  std::string folder;
  SynthOptions options;
};

int run(const SynthArguments& arguments) {
  Progress progress("synth", arguments.options.count);
  synthesize(arguments.folder, arguments.options, [&progress](std::uint64_t) { progress.advance(1); });
  return exit_done;
}

}  // namespace

Command add_synth(CLI::App& program) {
  CLI::App* app = program.add_subcommand("synth", "Writes a folder of generated photo-like images");
  auto arguments = std::make_shared<SynthArguments>();
  SynthOptions& options = arguments->options;
  app->add_option("DIR", arguments->folder, "The folder to make: new, empty, or of an interrupted run")
      ->type_name("")
      ->required();
  add_whole_number<std::uint64_t>(*app, "--count", options.count, "Images in all")->required()->default_str("");
  add_whole_number<int>(*app, "--classes", options.classes, "Class folders, 1 to 10000");
  add_whole_number<std::uint64_t>(*app, "--seed", options.seed, "Another one gives other images of the same classes");
  add_whole_number<int>(*app, "--quality", options.quality,
                        "JPEG quality of every image, 1 to 100; else as photos have");
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
