/* Softmax along the last axis, and its gradient. */
#include "parallel.h"
#include "rows.h"

enum { SHARED = 1 << 14, PART = 1 << 12 }; /* floats: what is shared out, and in which parts */

typedef struct {
    int64_t rows, n, rows_in_part;
    const float *x, *y, *d;
    float *result;
} task;

static void forward(const task *t, int64_t row) {
    int64_t n = t->n;
    const float *x = t->x + row * n;
    float *y = t->result + row * n;
    vec many = spread(-INFINITY), total = {0};
    VECTORS(at, size, n) many = larger(many, filled(get(x + at, size), size, -INFINITY));
    float most = largest_of(many);
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) y[i] = exp_of(x[i] - most);
    VECTORS(at, size, n) total += get(y + at, size);
    float factor = 1 / sum_of(total);
    for (int64_t i = 0; i < n; i++) y[i] *= factor;
}

static void backward(const task *t, int64_t row) {
    int64_t n = t->n;
    const float *y = t->y + row * n, *d = t->d + row * n;
    float *dx = t->result + row * n;
    vec total = {0};
    VECTORS(at, size, n) total += get(y + at, size) * get(d + at, size);
    float inner = sum_of(total);
    VECTORS(at, size, n) put(dx + at, (get(d + at, size) - inner) * get(y + at, size), size);
}

static void part(void *context, int64_t place) {
    const task *t = context;
    int64_t start = place * t->rows_in_part, end = start + t->rows_in_part;
    for (int64_t row = start; row < end && row < t->rows; row++) {
        if (t->x)
            forward(t, row);
        else
            backward(t, row);
    }
}

static void run(task *t) {
    t->rows_in_part = t->rows * t->n < SHARED ? t->rows : 1 + PART / t->n;
    parallel((t->rows + t->rows_in_part - 1) / t->rows_in_part, part, t);
}

/* (y, x), rows, n */
KERNEL(softmax_forward) {
    task t = {numbers[0], numbers[1], .x = arrays[1], .result = arrays[0]};
    run(&t);
}

/* (dx, y, d), rows, n */
KERNEL(softmax_backward) {
    task t = {numbers[0], numbers[1], .y = arrays[1], .d = arrays[2], .result = arrays[0]};
    run(&t);
}
