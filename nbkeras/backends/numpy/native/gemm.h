/* Products of matrices, for kernels that multiply in their own loops.

   Of the 245 GFLOP/s that one thread can do with AVX-512 (Zen 5), (32, 64) · (64, 256) has 235, (32, 256) · (256, 64)
   and (2560, 64) · (64, 256) have 240, where NumPy's BLAS has 170 to 180; (32, 256) · (64, 256)ᵀ 170, (33, 129) ·
   (129, 67) 165. (10, 8) · (8, 10) takes 50 ns. */
#ifndef NBKERAS_GEMM_H
#define NBKERAS_GEMM_H

#include "parallel.h"
#include "vector.h"

/* A matrix: element (i, j) is at `at[i * row + j * column]`. */
typedef struct {
    const float *at;
    int64_t row, column;
} matrix;

static inline matrix rows_of(const float *at, int64_t row) { return (matrix){at, row, 1}; }
static inline matrix transpose(matrix m) { return (matrix){m.at, m.column, m.row}; }
static inline matrix block_at(matrix m, int64_t i, int64_t j) {
    return (matrix){m.at + i * m.row + j * m.column, m.row, m.column};
}

/* A tile of the result, TALL rows by two vectors, stays in registers over the inner dimension: as many sums as leave
   room for a line of b. A panel is what it takes of b: two vectors of columns, and at most DEPTH rows, so that they
   stay in the cache while all rows of the result go by. A result of one row has WIDE vectors of columns instead. */
enum { TALL = LANES == 16 ? 8 : 4, WIDE = 8, PANEL = 2 * LANES, DEPTH = 128 };

#if LANES >= 8
enum { HAS_MASKS = 1 };
#else
enum { HAS_MASKS = 0 }; /* to load part of a vector takes a call of memcpy */
#endif

#define INLINED static inline __attribute__((always_inline))
#if defined(__clang__)
#define EACH _Pragma("unroll")
#else
#define EACH _Pragma("GCC unroll 8") /* or GCC keeps the sums in memory, at a third of the speed */
#endif

/* `rows` by `vectors`, both constants, of c; `width` floats of each row are wanted. With `partial`, another constant,
   rows of b may end there. What the empty statements of assembly seem to change is not known before them: without,
   GCC prepares addresses for all tiles beforehand, and has no registers for those of one. */
INLINED void gemm_tile(const int rows, const int vectors, const int partial, int64_t inner, matrix a, const float *b,
                       int64_t b_row, float *c, int64_t c_row, int64_t width, int add) {
    vec sum[TALL][WIDE], line[WIDE];
    __asm__("" : "+r"(a.row), "+r"(a.column));
    EACH for (int r = 0; r < rows; r++)
        EACH for (int v = 0; v < vectors; v++) sum[r][v] = (vec){0};
    for (int64_t k = inner; k > 0; k--, a.at += a.column, b += b_row) {
        const float *last = b + (vectors - 1) * LANES;
        EACH for (int v = 0; v < vectors - 1; v++) line[v] = load(b + v * LANES);
        line[vectors - 1] = partial ? load_part(last, width - (vectors - 1) * LANES) : load(last);
        EACH for (int r = 0; r < rows; r++) {
            vec factor = spread(a.at[r * a.row]);
            EACH for (int v = 0; v < vectors; v++) sum[r][v] += factor * line[v];
        }
    }
    __asm__("" : "+r"(add));
    EACH for (int r = 0; r < rows; r++)
        EACH for (int v = 0; v < vectors; v++) {
            float *to = c + r * c_row + v * LANES;
            int64_t left = width - v * LANES;
            if (left >= LANES)
                store(to, add ? load(to) + sum[r][v] : sum[r][v]);
            else if (left > 0)
                store_part(to, add ? load_part(to, left) + sum[r][v] : sum[r][v], left);
        }
}

/* All rows of c for one panel of b. */
INLINED void gemm_strip(const int vectors, const int partial, int64_t m, int64_t inner, matrix a, const float *b,
                        int64_t b_row, float *c, int64_t c_row, int64_t width, int add) {
    int64_t i = 0;
#define BY(rows)                     \
    for (; i + rows <= m; i += rows) \
        gemm_tile(rows, vectors, partial, inner, block_at(a, i, 0), b, b_row, c + i * c_row, c_row, width, add);
    BY(TALL) BY(4) BY(2) BY(1)
#undef BY
}

/* Not inlined, or every product would carry all tiles with it. */
static __attribute__((noinline)) void gemm_strips(int partial, int64_t m, int64_t inner, matrix a, const float *b,
                                                  int64_t b_row, float *c, int64_t c_row, int64_t width, int add) {
    if (width > PANEL)
        gemm_tile(1, WIDE, 0, inner, a, b, b_row, c, c_row, width, add);
    else if (width > LANES && partial)
        gemm_strip(2, 1, m, inner, a, b, b_row, c, c_row, width, add);
    else if (width > LANES)
        gemm_strip(2, 0, m, inner, a, b, b_row, c, c_row, width, add);
    else if (partial)
        gemm_strip(1, 1, m, inner, a, b, b_row, c, c_row, width, add);
    else
        gemm_strip(1, 0, m, inner, a, b, b_row, c, c_row, width, add);
}

typedef float four __attribute__((vector_size(16)));
typedef float unaligned_four __attribute__((vector_size(16), aligned(4), may_alias));
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t four_places __attribute__((vector_size(16)));
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (four_places){__VA_ARGS__})
#endif

/* The transpose of 4 by 4 floats, whose rows are `from_row` apart, to rows that are `to_row` apart. */
static inline void turned_block(const float *source, int64_t from_row, float *target, int64_t to_row) {
    four r[4], s[4];
    for (int i = 0; i < 4; i++) r[i] = *(const unaligned_four *)(source + i * from_row);
    for (int i = 0; i < 2; i++) {
        s[2 * i] = SHUFFLE(r[2 * i], r[2 * i + 1], 0, 4, 2, 6);
        s[2 * i + 1] = SHUFFLE(r[2 * i], r[2 * i + 1], 1, 5, 3, 7);
    }
    for (int i = 0; i < 2; i++) {
        *(unaligned_four *)(target + i * to_row) = SHUFFLE(s[i], s[2 + i], 0, 1, 4, 5);
        *(unaligned_four *)(target + (2 + i) * to_row) = SHUFFLE(s[i], s[2 + i], 2, 3, 6, 7);
    }
}

/* Copies m, (rows, columns), to rows that are `row` apart, by blocks of 4 by 4 where its columns are contiguous. */
static inline void copy_transposed(int64_t rows, int64_t columns, matrix m, float *to, int64_t row) {
    int64_t i = 0;
    if (m.row == 1)
        for (; i + 4 <= rows; i += 4) {
            int64_t j = 0;
            for (; j + 4 <= columns; j += 4) turned_block(m.at + i + j * m.column, m.column, to + i * row + j, row);
            for (; j < columns; j++)
                for (int r = 0; r < 4; r++) to[(i + r) * row + j] = m.at[i + r + j * m.column];
        }
    for (; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) to[i * row + j] = m.at[i * m.row + j * m.column];
}

/* A panel of b in contiguous memory, with zeros beyond its `width` columns. */
static inline void gemm_pack(int64_t inner, int64_t width, matrix b, float *panel) {
    if (width < PANEL) memset(panel, 0, inner * PANEL * sizeof(float));
    if (b.column != 1)
        copy_transposed(inner, width, b, panel, PANEL);
    else
        for (int64_t k = 0; k < inner; k++) memcpy(panel + k * PANEL, b.at + k * b.row, width * sizeof(float));
}

/* c (m, n) = a (m, inner) · b (inner, n), or += with `add`. Rows of c must be contiguous. Which rows there are besides
   does not change a bit of one, so that work may be cut between them. c is apart from a and b. */
static inline void product(int64_t m, int64_t n, int64_t inner, matrix a, matrix b, float *c, int64_t c_row, int add) {
    float packed[DEPTH * PANEL] __attribute__((aligned(64)));
    for (int64_t k = 0; k < inner || k == 0; k += DEPTH) { /* without an inner dimension it is zero */
        int64_t depth = inner - k < DEPTH ? inner - k : DEPTH, width;
        for (int64_t j = 0; j < n; j += width) {
            matrix panel = block_at(b, k, j);
            width = n - j < PANEL ? n - j : PANEL;
            if (m == 1 && b.column == 1 && n - j >= WIDE * LANES) width = WIDE * LANES;
            int partial = width % LANES != 0;
            if (b.column != 1 || (partial && !HAS_MASKS)) {
                gemm_pack(depth, width, panel, packed);
                panel = rows_of(packed, PANEL), partial = 0;
            }
            gemm_strips(partial, m, depth, block_at(a, 0, k), panel.at, panel.row, c + j, c_row, width, add || k);
        }
    }
}

/* The same for a b whose rows are contiguous. */
static inline void gemm(int64_t m, int64_t n, int64_t inner, matrix a, const float *b, int64_t b_row, float *c,
                        int64_t c_row, int add) {
    product(m, n, inner, a, rows_of(b, b_row), c, c_row, add);
}

/* A product shared out to threads in blocks of the result, whose inner dimension stays whole: sums do not depend on how
   many threads there are. */
typedef struct {
    int64_t m, n, inner, rows, across; /* rows of a block, and blocks across */
    matrix a, b;
    float *c;
    int64_t c_row;
} shared_product;

enum { BLOCK_ROWS = 128, BLOCK_COLUMNS = 64, BLOCKS = 8 }; /* lower blocks where these would be too few to share */

static inline void product_block(void *context, int64_t place) {
    const shared_product *p = context;
    int64_t i = place / p->across * p->rows, j = place % p->across * BLOCK_COLUMNS;
    int64_t m = p->m - i < p->rows ? p->m - i : p->rows, n = p->n - j < BLOCK_COLUMNS ? p->n - j : BLOCK_COLUMNS;
    product(m, n, p->inner, block_at(p->a, i, 0), block_at(p->b, 0, j), p->c + i * p->c_row + j, p->c_row, 0);
}

/* `product` on all threads, but for one that takes less than about 30 µs. */
static inline void parallel_product(int64_t m, int64_t n, int64_t inner, matrix a, matrix b, float *c, int64_t c_row) {
    if (m * n * inner < 3000000) {
        product(m, n, inner, a, b, c, c_row, 0);
        return;
    }
    int64_t rows = BLOCK_ROWS, across = (n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
    while (rows > TALL && (m + rows - 1) / rows * across < BLOCKS) rows /= 2;
    shared_product p = {m, n, inner, rows, across, a, b, c, c_row};
    parallel((m + rows - 1) / rows * across, product_block, &p);
}

#endif
