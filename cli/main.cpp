#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <system_error>
#include <vector>

#include "command.hpp"
#include "common_options.hpp"
#include "slabring/error.hpp"
#include "version.hpp"

namespace {

using slabring::cli::Command;

constexpr const char* manual =
    "Exit status: 0 done, 1 the work failed, 2 wrong usage. Results go to stdout, everything else to stderr.\n"
    "\n"
    "Example, without any data at hand:\n"
    "  slabring synth photos --count 400\n"
    "  slabring bench photos --sweep 0,1,2\n"
    "\n"
    "'slabring COMMAND --help' is the manual of a command.";

/// Options in --help as "--name TYPE=default", without CLI11's notes on what excludes what: descriptions say it better.
class PlainFormatter : public CLI::Formatter {
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0 || option->get_type_name().empty()) return "";
    const std::string fallback = option->get_default_str();
    return " " + option->get_type_name() + (fallback.empty() ? "" : "=" + fallback);
  }
};

std::vector<Command> add_commands(CLI::App& program) {
  return {slabring::cli::add_bench(program),   slabring::cli::add_digest(program), slabring::cli::add_decode(program),
          slabring::cli::add_preview(program), slabring::cli::add_ops(program),    slabring::cli::add_verify(program),
          slabring::cli::add_synth(program),   slabring::cli::add_pack(program),   slabring::cli::add_unpack(program)};
}

/// "slabring bench": what messages begin with.
std::string name_of(const CLI::App& program) {
  const std::vector<CLI::App*> chosen = program.get_subcommands();
  return chosen.empty() ? program.get_name() : fmt::format("{} {}", program.get_name(), chosen.front()->get_name());
}

int report(const std::string& name, const std::string& message, int status) {
  fmt::print(stderr, "{}: {}\n", name, message);
  if (status == slabring::cli::exit_usage) fmt::print(stderr, "'{} --help' shows the usage.\n", name);
  return status;
}

/// Wrong values are wrong usage; everything else is work that failed.
int exit_status(const slabring::Error& error) {
  const bool usage =
      error.code() == slabring::ErrorCode::invalid_argument || error.code() == slabring::ErrorCode::pipeline;
  return usage ? slabring::cli::exit_usage : slabring::cli::exit_failed;
}

int run(const Command& command, const std::string& name) {
  try {
    const int status = command.run();
    if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category(), "standard output");
    return status;
  } catch (const slabring::cli::UsageError& error) {
    return report(name, error.what(), slabring::cli::exit_usage);
  } catch (const CLI::ParseError& error) {  // a number inside an option's text, which was looked at only now
    return report(name, error.what(), slabring::cli::exit_usage);
  } catch (const slabring::Error& error) {
    return report(name, slabring::cli::in_words_of_the_command_line(error.what()), exit_status(error));
  } catch (const std::exception& error) {
    return report(name, error.what(), slabring::cli::exit_failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Loads images for training, as batches in shared memory, with worker processes.", "slabring");
  program.set_version_flag("--version", slabring::cli::version_text, "Versions and the formats that are read");
  program.formatter(std::make_shared<PlainFormatter>());
  program.require_subcommand(0, 1);  // with 1, CLI11 would not name a word that is no command
  program.footer(manual);
  const std::vector<Command> commands = add_commands(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    return program.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return report(name_of(program), error.what(), slabring::cli::exit_usage);
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return run(command, name_of(program));
  }
  return report(name_of(program), "a command is required", slabring::cli::exit_usage);
}
