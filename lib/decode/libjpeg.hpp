#pragma once

// jpeglib.h uses size_t and FILE without including them, so the order matters.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on
