/* Convolutions of each channel with its own kernel, their transpose, and the gradient of the kernel: a vector of
   channels at a time. The kernel is (kernel_rows, kernel_columns, channels). */
#include "convolution.h"

typedef struct {
    const convolution *c;
    const float *x, *d, *kernel;
    float *result;
    int64_t parts;
} task;

enum { PIXELS = 8 }; /* sums in registers: fewer would wait for one another */

/* `count` pixels of one row of y, up to PIXELS, and `lanes` of their channels. */
INLINED void sum_pixels(const int count, const convolution *c, const float *x, int64_t pitch, const float *kernel,
                        float *y, int64_t lanes) {
    vec sum[PIXELS] = {{0}};
    for (int64_t row = 0; row < c->kernel_rows; row++)
        for (int64_t column = 0; column < c->kernel_columns; column++, kernel += c->channels) {
            const float *cell = x + row * c->row_step * pitch + column * c->column_step * c->channels;
            vec weight = take(kernel, lanes);
            for (int i = 0; i < count; i++) sum[i] += take(cell + i * c->column_stride * c->channels, lanes) * weight;
        }
    for (int i = 0; i < count; i++) keep(y + i * c->channels, sum[i], lanes);
}

static void sum_row(const convolution *c, const float *x, int64_t pitch, const float *kernel, float *y, int64_t lanes) {
    int64_t step = c->column_stride * c->channels, j = 0;
    for (; j + PIXELS <= c->columns; j += PIXELS)
        sum_pixels(PIXELS, c, x + j * step, pitch, kernel, y + j * c->channels, lanes);
    for (; j < c->columns; j++) sum_pixels(1, c, x + j * step, pitch, kernel, y + j * c->channels, lanes);
}

static void sum_image(void *context, int64_t image) {
    const task *t = context;
    const convolution *c = t->c;
    view x = viewed(c, t->x + image * c->height * c->width * c->channels, 0, c->rows);
    float *y = t->result + image * pixels_of(c) * c->channels;
    for (int64_t i = 0; i < c->rows; i++, x.at += c->row_stride * x.pitch, y += c->columns * c->channels)
        for (int64_t o = 0; o < c->channels; o += LANES)
            sum_row(c, x.at + o, x.pitch, t->kernel + o, y + o, lesser(c->channels - o, LANES));
    free(x.own);
}

/* y, x, kernel. */
KERNEL(depthwise) {
    const convolution *c = (const convolution *)numbers;
    task t = {.c = c, .x = arrays[1], .kernel = arrays[2], .result = arrays[0]};
    share((double)c->images * pixels_of(c) * cells_of(c), c->images, sum_image, &t);
}

/* `count` pixels of one row, each to that cell of its window to which `weight` belongs. */
static void spread_row(const convolution *c, int64_t count, const float *d, const float *weight, float *x) {
    for (int64_t j = 0; j < count; j++, x += c->column_stride * c->channels, d += c->channels)
        INDEPENDENT
        for (int64_t o = 0; o < c->channels; o++) x[o] += d[o] * weight[o];
}

static void spread_image(void *context, int64_t image) {
    const task *t = context;
    const convolution *c = t->c;
    int64_t size = c->height * c->width * c->channels;
    const float *d = t->d + image * pixels_of(c) * c->channels, *weight = t->kernel;
    float *x = memset(t->result + image * size, 0, size * sizeof(float));
    for (int64_t row = 0; row < c->kernel_rows; row++)
        for (int64_t column = 0; column < c->kernel_columns; column++, weight += c->channels) {
            int64_t from, to;
            columns_inside(c, column, &from, &to);
            for (int64_t i = 0; i < c->rows; i++) {
                int64_t y = i * c->row_stride + row * c->row_step - c->top;
                if (y < 0 || y >= c->height) continue;
                int64_t cell = from * c->column_stride + column * c->column_step - c->left;
                const float *first = d + (i * c->columns + from) * c->channels;
                spread_row(c, to - from, first, weight, x + (y * c->width + cell) * c->channels);
            }
        }
}

/* x, the gradient of y, kernel. */
KERNEL(depthwise_transpose) {
    const convolution *c = (const convolution *)numbers;
    task t = {.c = c, .d = arrays[1], .kernel = arrays[2], .result = arrays[0]};
    share((double)c->images * pixels_of(c) * cells_of(c), c->images, spread_image, &t);
}

/* Adds the products of one image's pixels with one cell of their windows to `sum`: by four sums, as an addition takes
   four cycles. */
static void add_products(const convolution *c, const float *x, int64_t pitch, const float *d, float *sum,
                         int64_t lanes) {
    vec sums[4] = {{0}};
    int64_t step = c->column_stride * c->channels;
    for (int64_t i = 0; i < c->rows; i++) {
        const float *cell = x + i * c->row_stride * pitch;
        int64_t j = 0;
        for (; j + 4 <= c->columns; j += 4, cell += 4 * step, d += 4 * c->channels)
            for (int k = 0; k < 4; k++) sums[k] += take(cell + k * step, lanes) * take(d + k * c->channels, lanes);
        for (; j < c->columns; j++, cell += step, d += c->channels) sums[0] += take(cell, lanes) * take(d, lanes);
    }
    keep(sum, take(sum, lanes) + ((sums[0] + sums[1]) + (sums[2] + sums[3])), lanes);
}

static void add_image(const task *t, int64_t image, float *sums) {
    const convolution *c = t->c;
    view x = viewed(c, t->x + image * c->height * c->width * c->channels, 0, c->rows);
    const float *d = t->d + image * pixels_of(c) * c->channels;
    for (int64_t row = 0; row < c->kernel_rows; row++)
        for (int64_t column = 0; column < c->kernel_columns; column++, sums += c->channels) {
            const float *cell = x.at + row * c->row_step * x.pitch + column * c->column_step * c->channels;
            for (int64_t o = 0; o < c->channels; o += LANES)
                add_products(c, cell + o, x.pitch, d + o, sums + o, lesser(c->channels - o, LANES));
        }
    free(x.own);
}

static void sum_part(void *context, int64_t part) {
    const task *t = context;
    const convolution *c = t->c;
    float *sums = memset(t->result + part * cells_of(c), 0, cells_of(c) * sizeof(float));
    for (int64_t image = c->images * part / t->parts; image < c->images * (part + 1) / t->parts; image++)
        add_image(t, image, sums);
}

/* Sums, x, the gradient of y; the geometry, and the number of parts that the images come in. The first part of the sums
   becomes the gradient of the kernel. */
KERNEL(depthwise_gradient) {
    const convolution *c = (const convolution *)numbers;
    task t = {.c = c, .x = arrays[1], .d = arrays[2], .result = arrays[0], .parts = numbers[GEOMETRY]};
    share((double)c->images * pixels_of(c) * cells_of(c), t.parts, sum_part, &t);
    for (int64_t part = 1; part < t.parts; part++)
        INDEPENDENT
        for (int64_t i = 0; i < cells_of(c); i++) t.result[i] += t.result[part * cells_of(c) + i];
}
