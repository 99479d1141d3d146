/* Rows of floats by vectors, the last of which may be partial, and what is drawn from the lanes of one. */
#ifndef NBKERAS_ROWS_H
#define NBKERAS_ROWS_H

#include "gemm.h"

typedef int32_t bits __attribute__((vector_size(4 * LANES)));

/* For `n` floats: `at` is the place of each vector, `size` how many of its lanes count. */
#define VECTORS(at, size, n) \
    for (int64_t at = 0, size; at < (n) && (size = (n) - at < LANES ? (n) - at : LANES); at += LANES)

/* The lanes that do not count are 0. */
static inline vec get(const float *p, int64_t size) { return size == LANES ? load(p) : load_part(p, size); }

static inline void put(float *p, vec v, int64_t size) {
    if (size == LANES)
        store(p, v);
    else
        store_part(p, v, size);
}

static inline vec chosen(bits which, vec a, vec b) { return (vec)(((bits)a & which) | ((bits)b & ~which)); }
static inline vec larger(vec a, vec b) { return chosen(a > b, a, b); }

/* `v` with `filler` in the lanes that do not count. */
static inline vec filled(vec v, int64_t size, float filler) {
    static const int32_t counts[2 * LANES] = {[0 ... LANES - 1] = -1};
    bits which;
    if (size == LANES) return v;
    memcpy(&which, counts + LANES - size, sizeof which);
    return chosen(which, v, spread(filler));
}

typedef union {
    vec all;
    four parts[LANES / 4];
} quarters;

static inline float sum_of(vec v) {
    quarters of = {v};
    four sum = of.parts[0];
    for (int i = 1; i < LANES / 4; i++) sum += of.parts[i];
    sum += SHUFFLE(sum, sum, 2, 3, 0, 1);
    sum += SHUFFLE(sum, sum, 1, 0, 3, 2);
    return sum[0];
}

static inline four larger_four(four a, four b) {
    typedef int32_t four_bits __attribute__((vector_size(16)));
    four_bits first = a > b;
    return (four)(((four_bits)a & first) | ((four_bits)b & ~first));
}

static inline float largest_of(vec v) {
    quarters of = {v};
    four most = of.parts[0];
    for (int i = 1; i < LANES / 4; i++) most = larger_four(most, of.parts[i]);
    most = larger_four(most, SHUFFLE(most, most, 2, 3, 0, 1));
    most = larger_four(most, SHUFFLE(most, most, 1, 0, 3, 2));
    return most[0];
}

#endif
