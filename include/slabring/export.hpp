#pragma once

/// Marks what slabring exports; a build of it hides everything else. The same mark in static and shared builds, so that
/// both are linked from the same objects and users need no definition of their own.
#define SLABRING_API __attribute__((visibility("default")))
