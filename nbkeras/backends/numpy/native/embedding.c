/* Rows of a table by position, and the gradient of the table. */
#include "parallel.h"
#include "vector.h"

enum { SHARED = 1 << 15, PARTS = 8 }; /* floats that are worth more than one thread; parts, for rows of unequal use */

typedef struct {
    int64_t rows, n, count, parts;
    const int32_t *places;
    const float *from;
    float *to;
} task;

static inline int64_t row_of(const task *t, int64_t i) {
    return t->places[i] < 0 ? t->places[i] + t->rows : t->places[i];
}

static void share(task *t, int64_t floats, void (*work)(void *, int64_t)) {
    t->parts = floats < SHARED ? 1 : PARTS;
    parallel(t->parts, work, t);
}

static void gather(void *context, int64_t part) {
    const task *t = context;
    for (int64_t i = t->count * part / t->parts; i < t->count * (part + 1) / t->parts; i++)
        memcpy(t->to + i * t->n, t->from + row_of(t, i) * t->n, t->n * sizeof(float));
}

/* A part owns some rows of the table: it adds up all that goes there, in the order of the places. So no two threads
   write to one row, and the result does not depend on how many there are. */
static void scatter(void *context, int64_t part) {
    const task *t = context;
    int64_t start = t->rows * part / t->parts, end = t->rows * (part + 1) / t->parts;
    memset(t->to + start * t->n, 0, (end - start) * t->n * sizeof(float));
    for (int64_t i = 0; i < t->count; i++) {
        int64_t row = row_of(t, i);
        if (row < start || row >= end) continue;
        float *to = t->to + row * t->n;
        const float *from = t->from + i * t->n;
        INDEPENDENT
        for (int64_t j = 0; j < t->n; j++) to[j] += from[j];
    }
}

/* (rows at the places (count, n), table (rows, n), places as int32), rows, n, count; the places are within bounds. */
KERNEL(gather_rows) {
    task t = {numbers[0], numbers[1], numbers[2], .places = arrays[2], .from = arrays[1], .to = arrays[0]};
    share(&t, t.count * t.n, gather);
}

/* (table (rows, n), what is added at the places (count, n), places as int32), rows, n, count. */
KERNEL(scatter_rows) {
    task t = {numbers[0], numbers[1], numbers[2], .places = arrays[2], .from = arrays[1], .to = arrays[0]};
    share(&t, (t.rows + t.count) * t.n, scatter);
}
