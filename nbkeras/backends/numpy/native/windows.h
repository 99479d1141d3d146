/* What convolution and pooling have in common: parts of vectors, and the largest of a window. */
#ifndef NBKERAS_WINDOWS_H
#define NBKERAS_WINDOWS_H

#include "vector.h"

#define INLINED static inline __attribute__((always_inline))

typedef int32_t integers __attribute__((vector_size(4 * LANES)));

static inline int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }

INLINED vec take(const float *x, int64_t count) { return count == LANES ? load(x) : load_part(x, count); }

INLINED void keep(float *x, vec v, int64_t count) {
    if (count == LANES)
        store(x, v);
    else
        store_part(x, v, count);
}

INLINED vec chosen(integers mask, vec yes, vec no) {
    return (vec)((mask & (integers)yes) | (~mask & (integers)no));
}

/* The largest of a window's cells, at least one, and its place counted row by row: of equal ones the first, and NaN if
   there is one. A row of cells is `row` floats long, a cell `cell`, of which the first `lanes` are taken. */
INLINED vec largest(int64_t rows, int64_t columns, const float *cells, int64_t row, int64_t cell, int64_t lanes,
                    integers *place) {
    vec best = take(cells, lanes);
    *place = (integers){0};
    for (int32_t i = 0; i < rows; i++)
        for (int32_t j = i == 0; j < columns; j++) {
            vec x = take(cells + i * row + j * cell, lanes);
            integers more = x > best;
            best = chosen(more | (x != x), x, best);
            *place = (integers)chosen(more, (vec)(i * (int32_t)columns + j - (integers){0}), (vec)*place);
        }
    return best;
}

#endif
