/* A GRU over all time steps, with the gates in the order update, reset, candidate.

   The reset gate multiplies the candidate's product with the state, or the state before that product. `numbers` holds
   the lengths steps, batch and units, and whether it comes after. Forward writes h before each step and after the last,
   the gates of all steps, and the product (after) or what was multiplied (before); backward the gradients of z, h, the
   weights and the bias, then what it works with. */
#include "recurrent.h"

typedef struct {
    sequence s;
    const float *z, *weights;
    float *h, *gates, *product, *bias; /* of the candidate */
} gru;

static inline float between(float share, float a, float b) { return b + share * (a - b); }

static void gru_row_after(int64_t units, const float *z, const float *bias, const float *before, float *g,
                          float *products, float *h) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float update = sigmoid_of(z[u] + g[u] + bias[u]);
        float reset = sigmoid_of(z[units + u] + g[units + u] + bias[units + u]);
        float own = g[2 * units + u] + bias[2 * units + u], candidate = tanh_of(z[2 * units + u] + reset * own);
        g[u] = update, g[units + u] = reset, g[2 * units + u] = candidate;
        products[u] = own, h[u] = between(update, before[u], candidate);
    }
}

static void gru_block_after(void *context, int64_t block) {
    const gru *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    for (int64_t t = 0; t < s->steps; t++) {
        int64_t row = t * s->batch + start;
        product(rows, 3 * units, units, rows_of(l->h + row * units, units), rows_of(l->weights, 3 * units),
                l->gates + row * 3 * units, 3 * units, 0);
        for (int64_t r = row; r < row + rows; r++) {
            int64_t before = r * units, after = (r + s->batch) * units;
            if (is_kept(s, t, r - t * s->batch))
                gru_row_after(units, l->z + 3 * before, l->bias, l->h + before, l->gates + 3 * before,
                              l->product + before, l->h + after);
            else
                copy_row(l->h + after, l->h + before, units);
        }
    }
}

static void gru_gates_before(int64_t units, const float *z, const float *before, float *g, float *factor) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float update = sigmoid_of(z[u] + g[u]), reset = sigmoid_of(z[units + u] + g[units + u]);
        g[u] = update, g[units + u] = reset, factor[u] = reset * before[u];
    }
}

static void gru_row_before(int64_t units, const float *z, const float *before, float *g, float *h) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float candidate = tanh_of(z[2 * units + u] + g[2 * units + u]);
        g[2 * units + u] = candidate, h[u] = between(g[u], before[u], candidate);
    }
}

static void gru_block_before(void *context, int64_t block) {
    const gru *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    for (int64_t t = 0; t < s->steps; t++) {
        int64_t row = t * s->batch + start;
        float *gates = l->gates + row * 3 * units, *factors = l->product + row * units;
        product(rows, 2 * units, units, rows_of(l->h + row * units, units), rows_of(l->weights, 3 * units), gates,
                3 * units, 0);
        for (int64_t r = 0; r < rows; r++)
            gru_gates_before(units, l->z + (row + r) * 3 * units, l->h + (row + r) * units, gates + r * 3 * units,
                             factors + r * units);
        product(rows, units, units, rows_of(factors, units), rows_of(l->weights + 2 * units, 3 * units),
                gates + 2 * units, 3 * units, 0);
        for (int64_t r = row; r < row + rows; r++) {
            int64_t before = r * units, after = (r + s->batch) * units;
            if (is_kept(s, t, r - t * s->batch))
                gru_row_before(units, l->z + 3 * before, l->h + before, l->gates + 3 * before, l->h + after);
            else
                copy_row(l->h + after, l->h + before, units);
        }
    }
}

KERNEL(gru) {
    int64_t steps = numbers[0], batch = numbers[1], units = numbers[2], size = batch * units;
    gru l = {.s = sequence_of(steps, batch, units, 3, arrays[5]), .z = arrays[1], .weights = arrays[3], .h = arrays[0]};
    l.gates = l.h + (steps + 1) * size;
    l.product = l.gates + 3 * steps * size;
    l.bias = l.product + steps * size;
    memset(l.bias, 0, 3 * units * sizeof(float));
    if (arrays[4]) copy_row(l.bias, arrays[4], 3 * units);
    copy_row(l.h, arrays[2], size);
    over_blocks(&l.s, numbers[3] ? gru_block_after : gru_block_before, &l);
}

typedef struct {
    sequence s;
    const float *d_outputs, *h, *gates, *product;
    float *dz, *dh, *d_product, *transposed; /* d_product: of the candidate's product, where that is not in dz */
} gru_gradient;

/* From the gradient of h after a step those of the gates' inputs, of the candidate's product, and of h before, but for
   what comes by the products. */
static void gru_gradient_row_after(int64_t units, const float *g, const float *product, const float *before, float *dz,
                                   float *d_product, float *dh) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float update = g[u], reset = g[units + u], candidate = g[2 * units + u], d = dh[u];
        float d_candidate = d * (1.0f - update) * (1.0f - candidate * candidate);
        dz[u] = d * (before[u] - candidate) * (update - update * update);
        dz[units + u] = d_candidate * product[u] * (reset - reset * reset);
        dz[2 * units + u] = d_candidate;
        d_product[u] = d_candidate * reset, dh[u] = d * update;
    }
}

static void gru_gradient_block_after(void *context, int64_t block) {
    const gru_gradient *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    float *dh = l->dh + start * units;
    for (int64_t t = s->steps; t--;) {
        int64_t row = t * s->batch + start;
        if (l->d_outputs) add_rows(dh, l->d_outputs + row * units, rows * units);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (row + r) * units;
            if (is_kept(s, t, start + r))
                gru_gradient_row_after(units, l->gates + 3 * at, l->product + at, l->h + at, l->dz + 3 * at,
                                       l->d_product + at, dh + r * units);
            else
                clear_row(l->dz + 3 * at, 3 * units), clear_row(l->d_product + at, units);
        }
        product(rows, units, 2 * units, rows_of(l->dz + row * 3 * units, 3 * units), rows_of(l->transposed, units), dh,
                units, 1);
        product(rows, units, units, rows_of(l->d_product + row * units, units),
                rows_of(l->transposed + 2 * units * units, units), dh, units, 1);
    }
}

/* The gradients of what "update" and the candidate are functions of. */
static void gru_gradient_row_before(int64_t units, const float *g, const float *before, float *dz, const float *dh) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float update = g[u], candidate = g[2 * units + u];
        dz[u] = dh[u] * (before[u] - candidate) * (update - update * update);
        dz[2 * units + u] = dh[u] * (1.0f - update) * (1.0f - candidate * candidate);
    }
}

/* From that of the reset state, `d_factor`, the gradient of what "reset" is a function of, and that of h before. */
static void gru_gradient_of_reset(int64_t units, const float *g, const float *before, const float *d_factor, float *dz,
                                  float *dh) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float reset = g[units + u];
        dz[units + u] = d_factor[u] * before[u] * (reset - reset * reset);
        dh[u] = dh[u] * g[u] + d_factor[u] * reset;
    }
}

static void gru_gradient_block_before(void *context, int64_t block) {
    const gru_gradient *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    float *dh = l->dh + start * units, *d_factors = l->d_product + start * units;
    for (int64_t t = s->steps; t--;) {
        int64_t row = t * s->batch + start;
        float *dz = l->dz + row * 3 * units;
        if (l->d_outputs) add_rows(dh, l->d_outputs + row * units, rows * units);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (row + r) * units;
            if (is_kept(s, t, start + r))
                gru_gradient_row_before(units, l->gates + 3 * at, l->h + at, dz + r * 3 * units, dh + r * units);
            else
                clear_row(dz + r * 3 * units, 3 * units);
        }
        product(rows, units, units, rows_of(dz + 2 * units, 3 * units),
                rows_of(l->transposed + 2 * units * units, units), d_factors, units, 0);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (row + r) * units;
            if (is_kept(s, t, start + r))
                gru_gradient_of_reset(units, l->gates + 3 * at, l->h + at, d_factors + r * units, dz + r * 3 * units,
                                      dh + r * units);
        }
        product(rows, units, 2 * units, rows_of(dz, 3 * units), rows_of(l->transposed, units), dh, units, 1);
    }
}

KERNEL(gru_gradient) {
    int64_t steps = numbers[0], batch = numbers[1], units = numbers[2], size = batch * units, columns = 3 * units;
    gru_gradient l = {.s = sequence_of(steps, batch, units, 3, arrays[5]), .d_outputs = arrays[1], .h = arrays[3]};
    l.gates = l.h + (steps + 1) * size;
    l.product = l.gates + 3 * steps * size;
    l.dz = arrays[0];
    l.dh = l.dz + 3 * steps * size;
    float *d_weights = l.dh + size, *d_bias = d_weights + units * columns;
    l.transposed = d_bias + columns;
    l.d_product = l.transposed + columns * units;
    copy_row(l.dh, arrays[2], size);
    copy_transposed(columns, units, transpose(rows_of(arrays[4], columns)), l.transposed, units);
    over_blocks(&l.s, numbers[3] ? gru_gradient_block_after : gru_gradient_block_before, &l);
    weight_gradient(&l.s, 2 * units, l.h, l.dz, columns, d_weights, columns);
    if (numbers[3]) {
        weight_gradient(&l.s, units, l.h, l.d_product, units, d_weights + 2 * units, columns);
        sum_of_rows(steps * batch, 2 * units, l.dz, columns, d_bias);
        sum_of_rows(steps * batch, units, l.d_product, units, d_bias + 2 * units);
    } else
        weight_gradient(&l.s, units, l.product, l.dz + 2 * units, columns, d_weights + 2 * units, columns);
}
