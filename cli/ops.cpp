#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "augment/op_json.hpp"
#include "base/sample_failure.hpp"
#include "command.hpp"
#include "decode/decoder.hpp"
#include "files.hpp"
#include "json_output.hpp"
#include "numbers.hpp"
#include "op_sheet.hpp"
#include "read/file_reader.hpp"
#include "slabring/error.hpp"
#include "synth/scene.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Lists the transforms that a pipeline file may name, one a line: NAME KEY KEY=DEFAULT [KEY]. A bare KEY is\n"
    "required, one in brackets may be left out and then means nothing. docs/transforms.md says what they do.\n"
    "\n"
    "With --sheet, draws what each of them makes of one image, with parameters that show it, as a PNG.\n"
    "\n"
    "Example: what is there, and what does it look like on an image of mine?\n"
    "  slabring ops\n"
    "  slabring ops --sheet ops.png --image photos/cat/1.jpg";

struct OpsArguments {
  bool json = false;
  std::string sheet;
  std::string image;
  std::uint64_t seed = 0;
};

std::string shown(const OpParameter& parameter) {
  if (parameter.required) return std::string(parameter.name);
  if (parameter.fallback.is_null()) return fmt::format("[{}]", parameter.name);
  const Json& value = parameter.fallback;
  return fmt::format("{}={}", parameter.name, value.is_string() ? value.get<std::string>() : value.dump());
}

void print_list() {
  for (const OpListing& op : list_ops()) {
    std::string line(op.name);
    for (const OpParameter& parameter : op.parameters) line += " " + shown(parameter);
    fmt::print("{}\n", line);
  }
}

void print_json() {
  Json ops = Json::array();
  for (const OpListing& op : list_ops()) {
    Json parameters = Json::array();
    for (const OpParameter& parameter : op.parameters) {
      Json entry{{"name", parameter.name}, {"required", parameter.required}};
      if (!parameter.required) entry["default"] = parameter.fallback;
      parameters.push_back(std::move(entry));
    }
    ops.push_back({{"op", op.name}, {"parameters", std::move(parameters)}});
  }
  print_json_object({{"ops", std::move(ops)}});
}

/// A picture of `slabring synth`, the same each time.
std::vector<std::byte> generated_image() {
  constexpr int label = 3;
  RandomStream random(1, SampleId{0}, 0);
  const PhotoForm form{.width = 320, .height = 240, .quality = 95};
  JpegWriter writer;
  const auto bytes = writer.encode(paint_scene(look_of_class(label), form, random), form.subsampling, form.quality);
  return {bytes.begin(), bytes.end()};
}

void draw_sheet(const OpsArguments& arguments) {
  FileReader reader;
  const std::vector<std::byte> generated = arguments.image.empty() ? generated_image() : std::vector<std::byte>();
  Decoder decoder;
  const auto sheet = [&] {
    try {
      const auto bytes = arguments.image.empty() ? std::span<const std::byte>(generated)
                                                 : reader.read(arguments.image, DecodeLimits{}.max_file_bytes);
      const ImageHeader header = decoder.open(bytes);
      return draw_op_sheet(decoder.decode({0, 0, header.width, header.height}), arguments.seed);
    } catch (const SampleFailure& failure) {
      throw Error(ErrorCode::io, fmt::format("--image {}: {}", arguments.image, failure.what()));
    }
  }();
  write_whole(arguments.sheet, {sheet.png()});
}

int run(const OpsArguments& arguments) {
  if (arguments.sheet.empty()) {
    if (!arguments.image.empty()) {
      throw UsageError(fmt::format("--image {}: has no meaning without --sheet", arguments.image));
    }
    arguments.json ? print_json() : print_list();
    return exit_done;
  }
  if (arguments.json) throw UsageError("--json and --sheet: the sheet is a picture; give one of them");
  draw_sheet(arguments);
  return exit_done;
}

}  // namespace

Command add_ops(CLI::App& program) {
  CLI::App* app = program.add_subcommand("ops", "Lists the transforms, or draws what they do");
  auto arguments = std::make_shared<OpsArguments>();
  app->add_flag("--json", arguments->json, "Print one JSON object");
  app->add_option("--sheet", arguments->sheet, "The PNG to write, instead of the list")->type_name("FILE");
  app->add_option("--image", arguments->image, "What to draw them on (a generated picture)")->type_name("FILE");
  add_whole_number<std::uint64_t>(*app, "--seed", arguments->seed, "Of what is random in them");
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
