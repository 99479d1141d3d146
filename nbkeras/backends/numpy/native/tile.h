/* The product in registers that convolutions are made of. */
#ifndef NBKERAS_TILE_H
#define NBKERAS_TILE_H

#include "convolution.h"

/* Outputs are taken PANEL at a time. A tile of up to TALLEST rows by one panel stays in registers, of which AVX-512 and
   ARM have 32, others 16. */
enum { PANEL = 2 * LANES };
#if LANES == 16 || defined(__aarch64__)
enum { TALLEST = 14 };
#else
enum { TALLEST = 6 };
#endif

static inline int64_t panels_of(int64_t outputs) { return (outputs + PANEL - 1) / PANEL; }
static inline int64_t panel_width(int64_t outputs, int64_t panel) { return lesser(outputs - panel * PANEL, PANEL); }
static inline int64_t whole_vectors(int64_t width) { return (width + LANES - 1) / LANES * LANES; }

/* y[r] = start[r] + the sum over k of x[r, k] · panel[k], for r < height of the tile; and then ReLU.
   The factors of x lie at `x + r * row + k * next` in `stretches` × `parts` pieces of `length` factors each. The panel
   holds `whole_vectors(width)` floats for each k. */
typedef struct {
    const float *x;
    int64_t row, next, stretches, stretch, parts, part, length;
    const float *panel;
    const float *start;
    int64_t start_row;
    float *y;
    int64_t y_row, width;
    int rectified;
} tile;

#if defined(__clang__)
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

static inline vec rectified(vec v) { return (vec)((integers)v & ~(v < (vec){0})); } /* lets NaN pass, as NumPy does */

/* Of the last vector `last` lanes are wanted. */
INLINED void finish_tile(const int height, const int vectors, const tile *t, vec sum[TALLEST][2], int64_t last) {
    UNROLLED for (int r = 0; r < height; r++) UNROLLED for (int v = 0; v < vectors; v++)
        sum[r][v] += take(t->start + r * t->start_row + v * LANES, v == vectors - 1 ? last : LANES);
    if (t->rectified)
        UNROLLED for (int r = 0; r < height; r++) UNROLLED for (int v = 0; v < vectors; v++)
            sum[r][v] = rectified(sum[r][v]);
    UNROLLED for (int r = 0; r < height; r++) UNROLLED for (int v = 0; v < vectors; v++)
        keep(t->y + r * t->y_row + v * LANES, sum[r][v], v == vectors - 1 ? last : LANES);
}

/* With the sizes and strides that are constants where it is inlined, this runs at the peak of two multiply-adds a cycle
   from 8 rows on: 240 to 246 GFLOP/s on a core of 245. */
INLINED void fill_tile(const int height, const int vectors, const tile *t, int64_t row, int64_t next) {
    vec sum[TALLEST][2];
    const float *panel = t->panel;
    UNROLLED for (int r = 0; r < height; r++) UNROLLED for (int v = 0; v < vectors; v++) sum[r][v] = (vec){0};
    for (int64_t i = 0; i < t->stretches; i++)
        for (int64_t j = 0; j < t->parts; j++) {
            const float *x = t->x + i * t->stretch + j * t->part;
            for (int64_t k = 0; k < t->length; k++, x += next, panel += vectors * LANES) {
                vec line[2];
                UNROLLED for (int v = 0; v < vectors; v++) line[v] = load(panel + v * LANES);
                UNROLLED for (int r = 0; r < height; r++) {
                    vec factor = spread(x[r * row]);
                    UNROLLED for (int v = 0; v < vectors; v++) sum[r][v] += factor * line[v];
                }
            }
        }
    int64_t last = t->width - (vectors - 1) * LANES;
    if (last == LANES)
        finish_tile(height, vectors, t, sum, LANES);
    else
        finish_tile(height, vectors, t, sum, last);
}

#define HEIGHTS(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) MORE_HEIGHTS(CASE)
#if LANES == 16 || defined(__aarch64__)
#define MORE_HEIGHTS(CASE) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
#else
#define MORE_HEIGHTS(CASE)
#endif

/* Tiles whose rows are pixels and whose factors are adjacent channels, and tiles the other way round. */
#define ONE_OF_PIXELS(HEIGHT)                                                                                         \
    case HEIGHT: t->width > LANES ? fill_tile(HEIGHT, 2, t, t->row, 1) : fill_tile(HEIGHT, 1, t, t->row, 1); break;
#define ONE_OF_CHANNELS(HEIGHT)                                                                                       \
    case HEIGHT: t->width > LANES ? fill_tile(HEIGHT, 2, t, 1, t->next) : fill_tile(HEIGHT, 1, t, 1, t->next); break;

static inline void tile_of_pixels(int64_t height, const tile *t) {
    switch (height) { HEIGHTS(ONE_OF_PIXELS) }
}

static inline void tile_of_channels(int64_t height, const tile *t) {
    switch (height) { HEIGHTS(ONE_OF_CHANNELS) }
}

/* All `height` rows, in tiles as even as can be: 15 rows as 8 and 7, not as 14 and 1. */
INLINED void fill(void (*one)(int64_t, const tile *), int64_t height, const tile *all) {
    if (height <= TALLEST) {
        one(height, all);
        return;
    }
    tile t = *all;
    for (int64_t tiles = (height + TALLEST - 1) / TALLEST, done = 0, rows; tiles > 0; tiles--, done += rows) {
        rows = (height - done + tiles - 1) / tiles;
        one(rows, &t);
        t.x += rows * t.row;
        t.y += rows * t.y_row;
        t.start += rows * t.start_row;
    }
}

#endif
