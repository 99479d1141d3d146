/* What every kernel includes: names for each variant of the instruction set, vectors of LANES floats, elementary
   functions.

   A file of kernels is compiled once for each variant, with VARIANT (avx512, avx2, baseline) and LANES (16, 8, 4) set.
   GCC's and Clang's vector extension turns `vec` into the registers of the variant, on x86 as on ARM. Loops over
   single floats are left to the compiler, which makes vectors of them where they have no branches. */
#ifndef NBKERAS_VECTOR_H
#define NBKERAS_VECTOR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define JOIN_(name, variant) name##_##variant
#define JOIN(name, variant) JOIN_(name, variant)

/* A kernel that Python calls: C-contiguous arrays, then sizes. It writes to the memory of its first array only. */
#define KERNEL(name) void JOIN(name, VARIANT)(void *const *arrays, const int64_t *numbers)

/* Before a loop whose arrays are the same or apart, so that no pass depends on another. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float unaligned_vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

static inline vec load(const float *p) { return *(const unaligned_vec *)p; }
static inline void store(float *p, vec v) { *(unaligned_vec *)p = v; }
static inline vec spread(float x) { return x - (vec){0}; }

/* The first `count` lanes, the others zero. Masks are what the vector extension cannot say: with them a product of
   10×8 by 8×10 takes 60 ns instead of 290. */
#if LANES == 16 && defined(__AVX512F__)
#include <immintrin.h>
static inline __mmask16 first(int64_t count) { return (__mmask16)((1u << count) - 1); }
static inline vec load_part(const float *p, int64_t count) { return (vec)_mm512_maskz_loadu_ps(first(count), p); }
static inline void store_part(float *p, vec v, int64_t count) { _mm512_mask_storeu_ps(p, first(count), (__m512)v); }
#elif LANES == 8 && defined(__AVX2__)
#include <immintrin.h>
static inline __m256i first(int64_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vec load_part(const float *p, int64_t count) { return (vec)_mm256_maskload_ps(p, first(count)); }
static inline void store_part(float *p, vec v, int64_t count) { _mm256_maskstore_ps(p, first(count), (__m256)v); }
#else
static inline vec load_part(const float *p, int64_t count) {
    float lanes[LANES] = {0};
    memcpy(lanes, p, count * sizeof(float));
    return load(lanes);
}

static inline void store_part(float *p, vec v, int64_t count) {
    float lanes[LANES];
    store(lanes, v);
    memcpy(p, lanes, count * sizeof(float));
}
#endif

static inline float float_of(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline int32_t bits_of(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Round to nearest for |x| < 2^22, by the rounding of one addition. */
static inline float nearest(float x) { return (x + 12582912.0f) - 12582912.0f; }

#include "elementary.h"

#endif
