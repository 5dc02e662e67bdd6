#pragma once

/// Marks what a shared build of slabring exports; everything else is hidden.
#if defined(SLABRING_SHARED)
#define SLABRING_API __attribute__((visibility("default")))
#else
#define SLABRING_API
#endif
