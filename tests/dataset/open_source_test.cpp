#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

bool any_word(std::string_view word) { return word != "C"; }

std::string refusal_of(const std::string& source, ErrorCode code = ErrorCode::dataset) {
  try {
    open_source(source);
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
}

TEST(ParseSource, KindPathAndOptionsAreTakenApart) {
  const SourceRequest request = parse_source("csv:a/b.csv?label=class&path=", &any_word);
  EXPECT_EQ(request.kind, "csv");
  EXPECT_EQ(request.path, "a/b.csv");
  EXPECT_THAT(request.written, ElementsAre(Pair("label", "class"), Pair("path", "")));
}

TEST(ParseSource, QueryGoesOnToTheEnd) {
  SourceRequest request = parse_source("db?table=x&query=SELECT a FROM b WHERE c = '?&d=e'", &any_word);
  EXPECT_EQ(request.kind, "");
  EXPECT_EQ(request.take("query"), "SELECT a FROM b WHERE c = '?&d=e'");
  EXPECT_EQ(request.take("query"), std::nullopt);
  EXPECT_EQ(request.take("table"), "x");
  EXPECT_THAT(request.written, IsEmpty());
}

TEST(ParseSource, WhatExistsAsAWholeIsAPath) {
  const test::TemporaryFolder folder;
  const std::string odd = folder.write("tar:photos?label=1.csv").native();
  const SourceRequest request = parse_source(odd, &any_word);
  EXPECT_EQ(request.kind, "");
  EXPECT_EQ(request.path, odd);
  EXPECT_THAT(request.written, IsEmpty());
}

TEST(ParseSource, WordsThatAreNoKindBelongToThePath) { EXPECT_EQ(parse_source("C:x", &any_word).path, "C:x"); }

TEST(OpenSource, FolderIsRecognisedAndNamed) {
  const test::TemporaryFolder folder;
  folder.write("a/1.jpg");
  folder.write("b/1.jpg");
  EXPECT_EQ(open_source(folder.path().native())->size(), 2U);
  EXPECT_THAT(open_source("folder:" + folder.path().native())->classes(), ElementsAre("a", "b"));
}

TEST(OpenSource, UnknownKindsAreRefusedWithTheListOfKinds) {
  EXPECT_THAT(refusal_of("floppies:x"), AllOf(HasSubstr("\"floppies\""), HasSubstr("folder")));
}

TEST(OpenSource, FilesOfNoKnownEndingAreRefusedWithTheListOfKinds) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(refusal_of(folder.write("notes.txt").native()), AllOf(HasSubstr("notes.txt"), HasSubstr("KIND:")));
  EXPECT_THAT(refusal_of((folder.path() / "none").native()), HasSubstr("there is no folder"));
  EXPECT_THAT(refusal_of(""), HasSubstr("empty"));
}

TEST(OpenSource, OptionsThatTheKindDoesNotHaveAreRefused) {
  const test::TemporaryFolder folder;
  folder.write("1.jpg");
  EXPECT_THAT(refusal_of(folder.path().native() + "?colour=red", ErrorCode::invalid_argument),
              AllOf(HasSubstr("\"colour\""), HasSubstr("folder")));
  EXPECT_THAT(refusal_of(folder.path().native() + "?colour", ErrorCode::invalid_argument), HasSubstr("name=value"));
}

TEST(SourceKinds, EachOpensBothWaysOrSaysWhatItLacks) {
  for (const SourceKind& kind : all_source_kinds()) {
    EXPECT_EQ(kind.open != nullptr, kind.lacking.empty()) << kind.name;
    EXPECT_EQ(kind.open_recipe != nullptr, kind.lacking.empty()) << kind.name;
    if (!kind.lacking.empty()) {
      EXPECT_THAT(refusal_of(std::string(kind.name) + ":x"), HasSubstr(std::string(kind.lacking)));
    }
  }
}

}  // namespace
}  // namespace slabring
