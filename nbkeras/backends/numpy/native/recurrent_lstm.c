/* An LSTM over all time steps, with the gates in the order input, forget, candidate, output.

   `numbers` holds the lengths steps, batch and units. Forward writes h and c before each step and after the last, then
   the gates of all steps, then tanh(c); backward the gradients of z, h, c and the weights, then what it works with. */
#include "recurrent.h"

typedef struct {
    sequence s;
    const float *z, *weights;
    float *h, *c, *gates, *tanh_c;
} lstm;

static void lstm_row(int64_t units, const float *z, const float *c_before, float *g, float *c, float *tanh_c,
                     float *h) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float i = sigmoid_of(g[u] + z[u]);
        float f = sigmoid_of(g[units + u] + z[units + u]);
        float a = tanh_of(g[2 * units + u] + z[2 * units + u]);
        float o = sigmoid_of(g[3 * units + u] + z[3 * units + u]);
        float new = f * c_before[u] + i * a, shown = tanh_of(new);
        g[u] = i, g[units + u] = f, g[2 * units + u] = a, g[3 * units + u] = o;
        c[u] = new, tanh_c[u] = shown, h[u] = o * shown;
    }
}

static void lstm_block(void *context, int64_t block) {
    const lstm *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    for (int64_t t = 0; t < s->steps; t++) {
        int64_t row = t * s->batch + start;
        product(rows, 4 * units, units, rows_of(l->h + row * units, units), rows_of(l->weights, 4 * units),
                l->gates + row * 4 * units, 4 * units, 0);
        for (int64_t r = row; r < row + rows; r++) {
            int64_t before = r * units, after = (r + s->batch) * units;
            if (is_kept(s, t, r - t * s->batch))
                lstm_row(units, l->z + r * 4 * units, l->c + before, l->gates + r * 4 * units, l->c + after,
                         l->tanh_c + before, l->h + after);
            else
                copy_row(l->h + after, l->h + before, units), copy_row(l->c + after, l->c + before, units);
        }
    }
}

KERNEL(lstm) {
    int64_t steps = numbers[0], batch = numbers[1], units = numbers[2], size = batch * units;
    lstm l = {sequence_of(steps, batch, units, 4, arrays[5]), arrays[1], arrays[4], arrays[0], 0, 0, 0};
    l.c = l.h + (steps + 1) * size;
    l.gates = l.c + (steps + 1) * size;
    l.tanh_c = l.gates + 4 * steps * size;
    copy_row(l.h, arrays[2], size);
    copy_row(l.c, arrays[3], size);
    over_blocks(&l.s, lstm_block, &l);
}

typedef struct {
    sequence s;
    const float *d_outputs, *h, *c, *gates, *tanh_c;
    float *dz, *dh, *dc, *transposed;
} lstm_gradient;

/* From the gradients of h and c after a step those of the gates' inputs and of c before; that of h begins with 0. */
static void lstm_gradient_row(int64_t units, const float *g, const float *c_before, const float *tanh_c, float *dz,
                              float *dh, float *dc) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        float i = g[u], f = g[units + u], a = g[2 * units + u], o = g[3 * units + u], shown = tanh_c[u];
        float d = dc[u] + dh[u] * o * (1.0f - shown * shown);
        dz[u] = d * a * (i - i * i);
        dz[units + u] = d * c_before[u] * (f - f * f);
        dz[2 * units + u] = d * i * (1.0f - a * a);
        dz[3 * units + u] = dh[u] * shown * (o - o * o);
        dc[u] = d * f;
        dh[u] = 0.0f;
    }
}

static void lstm_gradient_block(void *context, int64_t block) {
    const lstm_gradient *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    float *dh = l->dh + start * units, *dc = l->dc + start * units;
    for (int64_t t = s->steps; t--;) {
        int64_t row = t * s->batch + start;
        if (l->d_outputs) add_rows(dh, l->d_outputs + row * units, rows * units);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (row + r) * units;
            if (is_kept(s, t, start + r))
                lstm_gradient_row(units, l->gates + 4 * at, l->c + at, l->tanh_c + at, l->dz + 4 * at, dh + r * units,
                                  dc + r * units);
            else
                clear_row(l->dz + 4 * at, 4 * units);
        }
        product(rows, units, 4 * units, rows_of(l->dz + row * 4 * units, 4 * units), rows_of(l->transposed, units), dh,
                units, 1);
    }
}

KERNEL(lstm_gradient) {
    int64_t steps = numbers[0], batch = numbers[1], units = numbers[2], size = batch * units;
    lstm_gradient l = {.s = sequence_of(steps, batch, units, 4, arrays[6]), .d_outputs = arrays[1], .h = arrays[4]};
    l.c = l.h + (steps + 1) * size;
    l.gates = l.c + (steps + 1) * size;
    l.tanh_c = l.gates + 4 * steps * size;
    l.dz = arrays[0];
    l.dh = l.dz + 4 * steps * size;
    l.dc = l.dh + size;
    float *d_weights = l.dc + size;
    l.transposed = d_weights + 4 * units * units;
    copy_row(l.dh, arrays[2], size);
    copy_row(l.dc, arrays[3], size);
    copy_transposed(4 * units, units, transpose(rows_of(arrays[5], 4 * units)), l.transposed, units);
    over_blocks(&l.s, lstm_gradient_block, &l);
    weight_gradient(&l.s, 4 * units, l.h, l.dz, 4 * units, d_weights, 4 * units);
}
