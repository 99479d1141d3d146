/* Layer and RMS normalisation along the last axis: each row is read once from memory. */
#include "parallel.h"
#include "rows.h"

enum { SHARED = 1 << 15 }; /* floats: smaller arrays are done before another thread wakes up */

typedef struct {
    int64_t rows, n, parts, centred;
    const float *x, *gamma, *beta, *d;
    float *y, *mean, *inverse, *partial, epsilon;
} normalization;

static void share_rows(normalization *t, void (*work)(void *, int64_t)) {
    if (t->rows * t->n >= SHARED)
        parallel(t->parts, work, t);
    else
        for (int64_t i = 0; i < t->parts; i++) work(t, i);
}

static inline int64_t start_of(const normalization *t, int64_t part) { return t->rows * part / t->parts; }

static float mean_of(const float *x, int64_t n) {
    vec sum = {0};
    VECTORS(at, size, n) sum += get(x + at, size);
    return sum_of(sum) / (float)n;
}

static float variance_of(const float *x, int64_t n, float mean) {
    vec sum = {0};
    VECTORS(at, size, n) {
        vec v = filled(get(x + at, size) - mean, size, 0);
        sum += v * v;
    }
    return sum_of(sum) / (float)n;
}

static void normalize_rows(void *context, int64_t part) {
    const normalization *t = context;
    int64_t n = t->n;
    for (int64_t row = start_of(t, part); row < start_of(t, part + 1); row++) {
        const float *x = t->x + row * n;
        float mean = t->centred ? mean_of(x, n) : 0, inverse = 1 / sqrtf(variance_of(x, n, mean) + t->epsilon);
        t->mean[row] = mean, t->inverse[row] = inverse;
        VECTORS(at, size, n) {
            vec v = (get(x + at, size) - mean) * inverse;
            if (t->gamma) v *= get(t->gamma + at, size);
            if (t->beta) v += get(t->beta + at, size);
            put(t->y + row * n + at, v, size);
        }
    }
}

/* (result: y, then mean and inverse of each row; x, gamma or null, beta or null, epsilon), rows, n, parts, centred. */
KERNEL(layer_norm_forward) {
    normalization t = {numbers[0], numbers[1], numbers[2], numbers[3], .x = arrays[1], .gamma = arrays[2]};
    t.beta = arrays[3], t.epsilon = *(const float *)arrays[4];
    t.y = arrays[0], t.mean = t.y + t.rows * t.n, t.inverse = t.mean + t.rows;
    share_rows(&t, normalize_rows);
}

/* The gradients of the rows of a part, and the part's summands of those of gamma and beta. */
static void gradient_rows(void *context, int64_t part) {
    const normalization *t = context;
    int64_t n = t->n;
    float *dgamma = t->partial + part * 2 * n, *dbeta = dgamma + n;
    memset(dgamma, 0, 2 * n * sizeof(float));
    for (int64_t row = start_of(t, part); row < start_of(t, part + 1); row++) {
        const float *x = t->x + row * n, *d = t->d + row * n;
        float mean = t->mean[row], inverse = t->inverse[row];
        vec along_one = {0}, along_x = {0};
        VECTORS(at, size, n) {
            vec normal = (get(x + at, size) - mean) * inverse, g = get(d + at, size);
            put(dgamma + at, get(dgamma + at, size) + g * normal, size);
            put(dbeta + at, get(dbeta + at, size) + g, size);
            if (t->gamma) g *= get(t->gamma + at, size);
            along_one += g, along_x += g * normal;
        }
        float one = t->centred ? sum_of(along_one) / (float)n : 0, slope = sum_of(along_x) / (float)n;
        VECTORS(at, size, n) {
            vec normal = (get(x + at, size) - mean) * inverse, g = get(d + at, size);
            if (t->gamma) g *= get(t->gamma + at, size);
            put(t->y + row * n + at, (g - one - normal * slope) * inverse, size);
        }
    }
}

/* (result: dx, dgamma, dbeta, and room for 2 n floats of each part; x, gamma or null, d, and mean and inverse of each
   row), rows, n, parts, centred. */
KERNEL(layer_norm_backward) {
    normalization t = {numbers[0], numbers[1], numbers[2], numbers[3], .x = arrays[1], .gamma = arrays[2]};
    t.d = arrays[3], t.mean = arrays[4], t.inverse = t.mean + t.rows;
    float *total = (float *)arrays[0] + t.rows * t.n;
    t.y = arrays[0], t.partial = total + 2 * t.n;
    share_rows(&t, gradient_rows);
    memset(total, 0, 2 * t.n * sizeof(float));
    for (int64_t part = 0; part < t.parts; part++) {
        const float *summand = t.partial + part * 2 * t.n;
        INDEPENDENT
        for (int64_t i = 0; i < 2 * t.n; i++) total[i] += summand[i];
    }
}
