/* The geometry of convolutions of rank 2, channels last. */
#ifndef NBKERAS_CONVOLUTION_H
#define NBKERAS_CONVOLUTION_H

#include "parallel.h"
#include "windows.h"

#include <stdlib.h>

/* As Python passes it: x is (images, height, width, channels), y (images, rows, columns, outputs), the kernel
   (kernel_rows, kernel_columns, channels, outputs). `top` and `left` are the padding, negative where cells are cut. */
typedef struct {
    int64_t images, height, width, channels, rows, columns, outputs, kernel_rows, kernel_columns;
    int64_t row_stride, column_stride, row_step, column_step, top, left;
} convolution;
enum { GEOMETRY = sizeof(convolution) / sizeof(int64_t) };

static inline int64_t pixels_of(const convolution *c) { return c->rows * c->columns; }
static inline int64_t cells_of(const convolution *c) { return c->kernel_rows * c->kernel_columns * c->channels; }
static inline double products_of(const convolution *c) {
    return (double)c->images * pixels_of(c) * cells_of(c) * c->outputs;
}

/* Windows of pixels of y, side by side, of which only the maxima are wanted; 1 and 1 for all pixels. */
typedef struct {
    int64_t rows, columns;
} pooling;

/* Room for `count` floats, to be freed, that starts with a cache line: else each vector in it would lie on two. */
static inline float *room(int64_t count) {
    float *start = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    if (!start) abort();
    return start;
}

/* The cells of x that the windows of one row of y meet begin at `at + row * stride * pitch`. */
typedef struct {
    const float *at;
    int64_t pitch;
    float *own; /* to be freed */
} view;

static inline int reaches_out(const convolution *c) {
    int64_t bottom = (c->rows - 1) * c->row_stride + (c->kernel_rows - 1) * c->row_step - c->top;
    int64_t right = (c->columns - 1) * c->column_stride + (c->kernel_columns - 1) * c->column_step - c->left;
    return c->top > 0 || c->left > 0 || bottom >= c->height || right >= c->width;
}

/* What `count` rows of y from `first` on meet of an image: where that is, or a copy with the padding around it. */
static inline view viewed(const convolution *c, const float *image, int64_t first, int64_t count) {
    int64_t top = first * c->row_stride - c->top, pitch = c->width * c->channels;
    if (!reaches_out(c)) return (view){image + top * pitch - c->left * c->channels, pitch, 0};
    int64_t rows = (count - 1) * c->row_stride + (c->kernel_rows - 1) * c->row_step + 1;
    int64_t columns = (c->columns - 1) * c->column_stride + (c->kernel_columns - 1) * c->column_step + 1;
    int64_t before = c->left > 0 ? lesser(c->left, columns) : 0, skipped = c->left < 0 ? -c->left : 0;
    int64_t inside = lesser(columns - before, c->width - skipped);
    inside = inside < 0 ? 0 : inside;
    int64_t size = rows * columns * c->channels;
    float *frame = memset(room(size), 0, size * sizeof(float));
    for (int64_t i = 0; i < rows; i++)
        if (top + i >= 0 && top + i < c->height)
            memcpy(frame + (i * columns + before) * c->channels, image + (top + i) * pitch + skipped * c->channels,
                   inside * c->channels * sizeof(float));
    return (view){frame, columns * c->channels, frame};
}

/* The columns of y whose windows have cell `column` of theirs within x. */
static inline void columns_inside(const convolution *c, int64_t column, int64_t *from, int64_t *to) {
    int64_t offset = column * c->column_step - c->left, stride = c->column_stride;
    *from = offset < 0 ? (-offset + stride - 1) / stride : 0;
    *to = offset < c->width ? lesser(c->columns, (c->width - 1 - offset) / stride + 1) : 0;
}

/* Calls `work` for each i < count, on all threads if that is worth handing it over. */
static inline void share(double products, int64_t count, void (*work)(void *, int64_t), void *context) {
    if (products > 4e6)
        parallel(count, work, context);
    else
        for (int64_t i = 0; i < count; i++) work(context, i);
}

#endif
