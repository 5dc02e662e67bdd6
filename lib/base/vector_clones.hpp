#pragma once

/// Before a function: compiled twice, for x86-64 as it is everywhere and with AVX2; the loader of the program picks by
/// CPU. For integer loops only, whose results cannot differ. What such a function calls must be inlined to take part:
/// SLABRING_INLINED.
///
/// Not under sanitizers: the choice runs (as an ifunc) before their runtime is there, and crashes. Not with clang,
/// which is used for sanitizers here.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && !defined(SLABRING_SANITIZED)
#define SLABRING_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SLABRING_VECTOR_CLONES
#endif

#define SLABRING_INLINED __attribute__((always_inline)) inline
