/* A fully connected recurrence with tanh over all time steps.

   `numbers` holds the lengths steps, batch and units. Forward writes h before each step and after the last; backward
   the gradients of z, h and the weights, then what it works with. */
#include "recurrent.h"

typedef struct {
    sequence s;
    const float *z, *weights;
    float *h;
} simple_rnn;

static void simple_rnn_row(int64_t units, const float *z, float *h) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) h[u] = tanh_of(h[u] + z[u]);
}

static void simple_rnn_block(void *context, int64_t block) {
    const simple_rnn *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    for (int64_t t = 0; t < s->steps; t++) {
        int64_t row = t * s->batch + start;
        float *before = l->h + row * units, *after = before + s->batch * units;
        product(rows, units, units, rows_of(before, units), rows_of(l->weights, units), after, units, 0);
        for (int64_t r = 0; r < rows; r++)
            if (is_kept(s, t, start + r))
                simple_rnn_row(units, l->z + (row + r) * units, after + r * units);
            else
                copy_row(after + r * units, before + r * units, units);
    }
}

KERNEL(simple_rnn) {
    int64_t steps = numbers[0], batch = numbers[1], units = numbers[2];
    simple_rnn l = {sequence_of(steps, batch, units, 1, arrays[4]), arrays[1], arrays[3], arrays[0]};
    copy_row(l.h, arrays[2], batch * units);
    over_blocks(&l.s, simple_rnn_block, &l);
}

typedef struct {
    sequence s;
    const float *d_outputs, *h;
    float *dz, *dh, *transposed;
} simple_rnn_gradient;

static void simple_rnn_gradient_row(int64_t units, const float *h, float *dz, float *dh) {
    INDEPENDENT
    for (int64_t u = 0; u < units; u++) {
        dz[u] = dh[u] * (1.0f - h[u] * h[u]);
        dh[u] = 0.0f;
    }
}

static void simple_rnn_gradient_block(void *context, int64_t block) {
    const simple_rnn_gradient *l = context;
    const sequence *s = &l->s;
    int64_t start = first_row(s, block), rows = row_count(s, block), units = s->units;
    float *dh = l->dh + start * units;
    for (int64_t t = s->steps; t--;) {
        int64_t row = t * s->batch + start;
        float *dz = l->dz + row * units;
        if (l->d_outputs) add_rows(dh, l->d_outputs + row * units, rows * units);
        for (int64_t r = 0; r < rows; r++)
            if (is_kept(s, t, start + r))
                simple_rnn_gradient_row(units, l->h + (row + s->batch + r) * units, dz + r * units, dh + r * units);
            else
                clear_row(dz + r * units, units);
        product(rows, units, units, rows_of(dz, units), rows_of(l->transposed, units), dh, units, 1);
    }
}

KERNEL(simple_rnn_gradient) {
    int64_t steps = numbers[0], batch = numbers[1], units = numbers[2], size = batch * units;
    simple_rnn_gradient l = {.s = sequence_of(steps, batch, units, 1, arrays[5])};
    l.d_outputs = arrays[1];
    l.h = arrays[3];
    l.dz = arrays[0];
    l.dh = l.dz + steps * size;
    float *d_weights = l.dh + size;
    l.transposed = d_weights + units * units;
    copy_row(l.dh, arrays[2], size);
    copy_transposed(units, units, transpose(rows_of(arrays[4], units)), l.transposed, units);
    over_blocks(&l.s, simple_rnn_gradient_block, &l);
    weight_gradient(&l.s, units, l.h, l.dz, units, d_weights, units);
}
