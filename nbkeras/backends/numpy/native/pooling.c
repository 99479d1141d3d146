/* Pooling of rank 2, channels last: window by window, a vector of channels at a time. */
#include "parallel.h"
#include "windows.h"

/* As Python passes it: x is (images, height, width, channels), y (images, rows, columns, channels), whose windows begin
   at multiples of the strides less `top` and `left`; cells outside of x do not count. */
typedef struct {
    int64_t images, height, width, channels, rows, columns, window_rows, window_columns;
    int64_t row_stride, column_stride, top, left;
} pool;

typedef struct {
    const pool *p;
    const float *x, *d;
    float *y;
} task;

/* The cells of one window that lie in x: `rows` by `columns` of them from cell `first` of the image on. */
typedef struct {
    int64_t first, rows, columns;
} window;

static window window_at(const pool *p, int64_t i, int64_t j) {
    int64_t top = i * p->row_stride - p->top, left = j * p->column_stride - p->left;
    int64_t bottom = lesser(top + p->window_rows, p->height), right = lesser(left + p->window_columns, p->width);
    top = top < 0 ? 0 : top;
    left = left < 0 ? 0 : left;
    return (window){top * p->width + left, bottom > top ? bottom - top : 0, right > left ? right - left : 0};
}

/* Calls `work` for each image, on all threads if that is worth handing it over: a cell takes about a nanosecond. */
static void share(const pool *p, int64_t count, void (*work)(void *, int64_t), task *t) {
    if (p->images * p->rows * p->columns * p->window_rows * p->window_columns * p->channels > 1 << 19)
        parallel(count, work, t);
    else
        for (int64_t i = 0; i < count; i++) work(t, i);
}

static void maxima_of_row(void *context, int64_t item) {
    const task t = *(const task *)context;
    const pool p = *t.p;
    const float *image = t.x + item / p.rows * p.height * p.width * p.channels;
    float *y = t.y + item * p.columns * p.channels;
    for (int64_t j = 0; j < p.columns; j++, y += p.channels) {
        window w = window_at(&p, item % p.rows, j);
        for (int64_t o = 0; o < p.channels; o += LANES) {
            integers place;
            int64_t lanes = lesser(p.channels - o, LANES);
            const float *cells = image + w.first * p.channels + o;
            vec best = spread(-INFINITY);
            if (w.rows && w.columns)
                best = largest(w.rows, w.columns, cells, p.width * p.channels, p.channels, lanes, &place);
            keep(y + o, best, lanes);
        }
    }
}

/* y, x: the largest cell of each window, -infinity if it has none. */
KERNEL(max_pool) {
    task t = {(const pool *)numbers, arrays[1], 0, arrays[0]};
    share(t.p, t.p->images * t.p->rows, maxima_of_row, &t);
}

static void give_to_largest(const pool *p, window w, const float *image, const float *d, float *gradient) {
    if (!w.rows || !w.columns) return;
    for (int64_t o = 0; o < p->channels; o += LANES) {
        integers place;
        int64_t lanes = lesser(p->channels - o, LANES), row = p->width * p->channels, first = w.first * p->channels + o;
        largest(w.rows, w.columns, image + first, row, p->channels, lanes, &place);
        vec given = take(d + o, lanes);
        for (int32_t i = 0; i < w.rows; i++)
            for (int32_t j = 0; j < w.columns; j++) {
                float *cell = gradient + first + i * row + j * p->channels;
                vec share = (vec)((integers)given & (place == i * (int32_t)w.columns + j));
                keep(cell, take(cell, lanes) + share, lanes);
            }
    }
}

static void max_pool_gradient_of_image(void *context, int64_t item) {
    const task t = *(const task *)context;
    const pool p = *t.p;
    int64_t size = p.height * p.width * p.channels;
    const float *d = t.d + item * p.rows * p.columns * p.channels;
    memset(t.y + item * size, 0, size * sizeof(float));
    for (int64_t i = 0; i < p.rows; i++)
        for (int64_t j = 0; j < p.columns; j++, d += p.channels)
            give_to_largest(&p, window_at(&p, i, j), t.x + item * size, d, t.y + item * size);
}

/* The gradient of x, x, the gradient of y: to the first of the largest cells of each window. */
KERNEL(max_pool_gradient) {
    task t = {(const pool *)numbers, arrays[1], arrays[2], arrays[0]};
    share(t.p, t.p->images, max_pool_gradient_of_image, &t);
}

static void means_of_row(void *context, int64_t item) {
    const task t = *(const task *)context;
    const pool p = *t.p;
    const float *image = t.x + item / p.rows * p.height * p.width * p.channels;
    float *y = t.y + item * p.columns * p.channels;
    for (int64_t j = 0; j < p.columns; j++, y += p.channels) {
        window w = window_at(&p, item % p.rows, j);
        for (int64_t o = 0; o < p.channels; o += LANES) {
            int64_t lanes = lesser(p.channels - o, LANES);
            vec sum = {0};
            for (int64_t r = 0; r < w.rows; r++)
                for (int64_t c = 0; c < w.columns; c++)
                    sum += take(image + (w.first + r * p.width + c) * p.channels + o, lanes);
            keep(y + o, sum / spread((float)(w.rows * w.columns)), lanes);
        }
    }
}

/* y, x: the mean of each window. */
KERNEL(average_pool) {
    task t = {(const pool *)numbers, arrays[1], 0, arrays[0]};
    share(t.p, t.p->images * t.p->rows, means_of_row, &t);
}

static void average_pool_gradient_of_image(void *context, int64_t item) {
    const task t = *(const task *)context;
    const pool p = *t.p;
    int64_t size = p.height * p.width * p.channels;
    float *gradient = t.y + item * size;
    const float *d = t.d + item * p.rows * p.columns * p.channels;
    memset(gradient, 0, size * sizeof(float));
    for (int64_t i = 0; i < p.rows; i++)
        for (int64_t j = 0; j < p.columns; j++, d += p.channels) {
            window w = window_at(&p, i, j);
            float cells = (float)(w.rows * w.columns);
            for (int64_t r = 0; r < w.rows; r++)
                for (int64_t c = 0; c < w.columns; c++) {
                    float *cell = gradient + (w.first + r * p.width + c) * p.channels;
                    INDEPENDENT
                    for (int64_t o = 0; o < p.channels; o++) cell[o] += d[o] / cells;
                }
        }
}

/* The gradient of x, the gradient of y. */
KERNEL(average_pool_gradient) {
    task t = {(const pool *)numbers, 0, arrays[1], arrays[0]};
    share(t.p, t.p->images, average_pool_gradient_of_image, &t);
}
