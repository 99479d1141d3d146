/* Scaled dot-product attention, forward and backward, each head of each entry of the batch by itself.

   Arrays lie as (batch, length, heads, size), so the matrices of a head are rows with gaps: they are read and written
   where they are. Weights lie as (batch, heads, keys, queries): the softmax runs down columns, and its maxima and sums
   are vectors. Blocks of LENGTH queries meet LENGTH keys, so that all that is computed in between stays in the L1
   cache, however long the sequences. */
#include "gemm.h"
#include "parallel.h"

enum { LENGTH = 64, MOST_SIZE = 128, WORTH_SHARING = 1 << 16 };
#define HIDDEN -2.38197633e38f /* 0.7 of the lowest float: room for a score */

typedef struct {
    int64_t batch, heads, queries, keys, size, value_size;
    int64_t mask_batch, mask_head, mask_key, mask_query; /* steps of the mask, 0 where it is broadcast */
    int64_t zero_masked;
} sizes;

/* The arrays of all heads, or from where those of one head begin. */
typedef struct {
    sizes n;
    const float *q, *k, *v, *y, *dy, *p, *dropout;
    float *out_y, *out_p, *dq, *dk, *dv;
    const uint8_t *mask;
    float scale;
} task;

static inline int64_t up_to(int64_t most, int64_t n) { return n < most ? n : most; }

static task head_of(const task *all, int64_t i) {
    task t = *all;
    const sizes *n = &t.n;
    int64_t entry = i / n->heads, head = i % n->heads;
    int64_t q = (entry * n->queries * n->heads + head) * n->size, k = (entry * n->keys * n->heads + head) * n->size;
    int64_t v = (entry * n->keys * n->heads + head) * n->value_size;
    int64_t y = (entry * n->queries * n->heads + head) * n->value_size, p = i * n->queries * n->keys;
#define MOVE(field, offset) t.field = t.field ? t.field + (offset) : 0
    MOVE(q, q), MOVE(dq, q), MOVE(k, k), MOVE(dk, k), MOVE(v, v), MOVE(dv, v);
    MOVE(y, y), MOVE(dy, y), MOVE(out_y, y), MOVE(p, p), MOVE(out_p, p), MOVE(dropout, p);
    MOVE(mask, entry * n->mask_batch + head * n->mask_head);
#undef MOVE
    return t;
}

/* to (columns, LENGTH) = the transpose of `count` rows */
static void turned(float *to, const float *from, int64_t from_row, int64_t count, int64_t columns) {
    copy_transposed(columns, count, transpose(rows_of(from, from_row)), to, LENGTH);
}

/* Which of `count` queries from `start` see any key, as 1 or 0. */
static void find_seen(const task *t, int64_t start, int64_t count, float *seen) {
    const uint8_t *mask = t->mask + start * t->n.mask_query;
    for (int64_t i = 0; i < count; i++) seen[i] = 0;
    for (int64_t k = 0; k < t->n.keys; k++, mask += t->n.mask_key)
        for (int64_t i = 0; i < count; i++) seen[i] = mask[i * t->n.mask_query] ? 1.0f : seen[i];
}

/* As the NumPy kernel does: what is hidden gets a large negative number added, so that where everything is hidden all
   weights are equal. */
static void hide(const task *t, int64_t start, int64_t count, float *p) {
    const uint8_t *mask = t->mask + start * t->n.mask_query;
    for (int64_t k = 0; k < t->n.keys; k++, mask += t->n.mask_key, p += t->n.queries) {
        if (t->n.mask_query == 1)
            for (int64_t i = 0; i < count; i++) p[i] += mask[i] ? 0.0f : HIDDEN;
        else if (!*mask)
            for (int64_t i = 0; i < count; i++) p[i] += HIDDEN;
    }
}

/* Along the columns of `keys` rows with `row` floats between them; `kept` is 1, or 0 for a column without weights. */
static void softmax_down(float *p, int64_t keys, int64_t row, int64_t count, const float *kept) {
    float most[LENGTH], total[LENGTH];
    for (int64_t i = 0; i < count; i++) most[i] = p[i], total[i] = 0;
    for (int64_t k = 1; k < keys; k++)
        for (int64_t i = 0; i < count; i++) most[i] = p[k * row + i] > most[i] ? p[k * row + i] : most[i];
    for (int64_t k = 0; k < keys; k++) {
        float *line = p + k * row;
        INDEPENDENT
        for (int64_t i = 0; i < count; i++) {
            line[i] = exp_of(line[i] - most[i]);
            total[i] += line[i];
        }
    }
    for (int64_t i = 0; i < count; i++) total[i] = (kept ? kept[i] : 1.0f) / total[i];
    for (int64_t k = 0; k < keys; k++)
        for (int64_t i = 0; i < count; i++) p[k * row + i] *= total[i];
}

/* to (keys, LENGTH) = p * kept */
static void thinned(float *to, const float *p, int64_t p_row, const float *kept, int64_t keys, int64_t count) {
    for (int64_t k = 0; k < keys; k++) {
        INDEPENDENT
        for (int64_t i = 0; i < count; i++) to[k * LENGTH + i] = p[k * p_row + i] * kept[k * LENGTH + i];
    }
}

static void weigh_values(const task *t, int64_t start, int64_t count) {
    const sizes *n = &t->n;
    int64_t row = n->heads * n->value_size;
    float *y = t->out_y + start * row, used[LENGTH * LENGTH];
    const float *p = t->out_p + start;
    if (!t->dropout) {
        gemm(count, n->value_size, n->keys, transpose(rows_of(p, n->queries)), t->v, row, y, row, 0);
        return;
    }
    for (int64_t k = 0; k < n->keys; k += LENGTH) {
        int64_t keys = up_to(LENGTH, n->keys - k);
        turned(used, t->dropout + start * n->keys + k, n->keys, count, keys);
        thinned(used, p + k * n->queries, n->queries, used, keys, count);
        gemm(count, n->value_size, keys, transpose(rows_of(used, LENGTH)), t->v + k * row, row, y, row, k > 0);
    }
}

static void forward(void *context, int64_t i) {
    task t = head_of(context, i);
    const sizes *n = &t.n;
    float query[MOST_SIZE * LENGTH], seen[LENGTH];
    int64_t row = n->heads * n->size;
    for (int64_t start = 0; start < n->queries; start += LENGTH) {
        int64_t count = up_to(LENGTH, n->queries - start);
        float *p = t.out_p + start;
        turned(query, t.q + start * row, row, count, n->size);
        for (int64_t c = 0; c < n->size; c++)
            for (int64_t j = 0; j < count; j++) query[c * LENGTH + j] *= t.scale;
        gemm(n->keys, count, n->size, rows_of(t.k, row), query, LENGTH, p, n->queries, 0);
        if (t.mask) hide(&t, start, count, p);
        if (t.mask && n->zero_masked) find_seen(&t, start, count, seen);
        softmax_down(p, n->keys, n->queries, count, t.mask && n->zero_masked ? seen : 0);
        weigh_values(&t, start, count);
    }
}

/* The gradients of the block of `count` queries from `start` and the keys from `k`. */
static void backward_block(const task *t, int64_t start, int64_t count, int64_t k, const float *dy,
                           const float *inner, const float *factor) {
    const sizes *n = &t->n;
    float dp[LENGTH * LENGTH], thin[LENGTH * LENGTH];
    int64_t keys = up_to(LENGTH, n->keys - k), row = n->heads * n->size, value_row = n->heads * n->value_size;
    const float *p = t->p + k * n->queries + start;
    matrix used = rows_of(p, n->queries);
    gemm(keys, count, n->value_size, rows_of(t->v + k * value_row, value_row), dy, LENGTH, dp, LENGTH, 0);
    if (t->dropout) {
        turned(thin, t->dropout + start * n->keys + k, n->keys, count, keys);
        thinned(dp, dp, LENGTH, thin, keys, count);
        thinned(thin, p, n->queries, thin, keys, count);
        used = rows_of(thin, LENGTH);
    }
    gemm(keys, n->value_size, count, used, t->dy + start * value_row, value_row, t->dv + k * value_row, value_row,
         start > 0);
    for (int64_t j = 0; j < keys; j++) {
        INDEPENDENT
        for (int64_t i = 0; i < count; i++)
            dp[j * LENGTH + i] = (dp[j * LENGTH + i] - inner[i]) * p[j * n->queries + i] * factor[i];
    }
    gemm(count, n->size, keys, transpose(rows_of(dp, LENGTH)), t->k + k * row, row, t->dq + start * row, row, k > 0);
    gemm(keys, n->size, count, rows_of(dp, LENGTH), t->q + start * row, row, t->dk + k * row, row, start > 0);
}

static void backward(void *context, int64_t i) {
    task t = head_of(context, i);
    const sizes *n = &t.n;
    float dy[MOST_SIZE * LENGTH], y[MOST_SIZE * LENGTH], inner[LENGTH], factor[LENGTH];
    int64_t row = n->heads * n->value_size;
    for (int64_t start = 0; start < n->queries; start += LENGTH) {
        int64_t count = up_to(LENGTH, n->queries - start);
        turned(y, t.y + start * row, row, count, n->value_size);
        turned(dy, t.dy + start * row, row, count, n->value_size);
        for (int64_t j = 0; j < LENGTH; j++) inner[j] = 0, factor[j] = 1;
        for (int64_t c = 0; c < n->value_size; c++)
            for (int64_t j = 0; j < count; j++) inner[j] += dy[c * LENGTH + j] * y[c * LENGTH + j];
        if (t.mask) find_seen(&t, start, count, factor); /* what no key is seen by depends on no score */
        for (int64_t j = 0; j < LENGTH; j++) factor[j] *= t.scale;
        for (int64_t k = 0; k < n->keys; k += LENGTH) backward_block(&t, start, count, k, dy, inner, factor);
    }
}

static void for_each_head(task *t, void (*work)(void *, int64_t)) {
    int64_t heads = t->n.batch * t->n.heads;
    if (heads * t->n.queries * t->n.keys >= WORTH_SHARING)
        parallel(heads, work, t);
    else
        for (int64_t i = 0; i < heads; i++) work(t, i);
}

/* (result: y and then p; q, k, v, scale, mask or null, dropout or null), and what `sizes` has. */
KERNEL(attention_forward) {
    task t = {.q = arrays[1], .k = arrays[2], .v = arrays[3], .scale = *(const float *)arrays[4]};
    memcpy(&t.n, numbers, sizeof t.n);
    t.mask = arrays[5], t.dropout = arrays[6], t.out_y = arrays[0];
    t.out_p = t.out_y + t.n.batch * t.n.queries * t.n.heads * t.n.value_size;
    for_each_head(&t, forward);
}

/* (result: dq, then dk, then dv; q, k, v, scale, mask, dropout, y, p, dy), and what `sizes` has. */
KERNEL(attention_backward) {
    task t = {.q = arrays[1], .k = arrays[2], .v = arrays[3], .scale = *(const float *)arrays[4]};
    memcpy(&t.n, numbers, sizeof t.n);
    t.mask = arrays[5], t.dropout = arrays[6], t.y = arrays[7], t.p = arrays[8], t.dy = arrays[9];
    t.dq = arrays[0];
    t.dk = t.dq + t.n.batch * t.n.queries * t.n.heads * t.n.size;
    t.dv = t.dk + t.n.batch * t.n.keys * t.n.heads * t.n.size;
    for_each_head(&t, backward);
}
