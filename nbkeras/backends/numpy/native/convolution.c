/* A convolution with bias, ReLU and pooling.

   Each image is taken by itself: what belongs to it stays in the cache, and threads share the images out. */
#include "tile.h"

/* The kernel by panels of outputs, as vectors that lie in the order in which they are used. */
static float *packed(const float *kernel, int64_t cells, int64_t outputs) {
    int64_t size = cells * panels_of(outputs) * PANEL;
    float *all = memset(room(size), 0, size * sizeof(float));
    for (int64_t panel = 0; panel < panels_of(outputs); panel++) {
        int64_t width = panel_width(outputs, panel);
        float *target = all + panel * cells * PANEL;
        for (int64_t k = 0; k < cells; k++)
            memcpy(target + k * whole_vectors(width), kernel + k * outputs + panel * PANEL, width * sizeof(float));
    }
    return all;
}

typedef struct {
    const convolution *c;
    const float *x, *kernel, *bias;
    float *y;
    int rectified;
    pooling p;
    float *places;  /* whole numbers, as bits */
    int64_t blocks; /* of rows, for each image */
} forward;

static tile forward_tile(const forward *f, view x, int64_t panel) {
    const convolution *c = f->c;
    static const float zeros[PANEL];
    int adjacent = c->column_step == 1;
    return (tile){.row = c->column_stride * c->channels,
                  .stretches = c->kernel_rows,
                  .stretch = c->row_step * x.pitch,
                  .parts = adjacent ? 1 : c->kernel_columns,
                  .part = c->column_step * c->channels,
                  .length = adjacent ? c->kernel_columns * c->channels : c->channels,
                  .panel = f->kernel + panel * cells_of(c) * PANEL,
                  .start = f->bias ? f->bias + panel * PANEL : zeros,
                  .width = panel_width(c->outputs, panel),
                  .rectified = f->rectified};
}

/* One panel of outputs of the rows of an image between `from` and `to`. */
static void convolve_panel(const forward *f, view x, int64_t image, int64_t panel, int64_t from, int64_t to) {
    const convolution *c = f->c;
    tile t = forward_tile(f, x, panel);
    t.y_row = c->outputs;
    for (int64_t i = from; i < to; i++) {
        t.x = x.at + (i - from) * c->row_stride * x.pitch;
        t.y = f->y + (image * pixels_of(c) + i * c->columns) * c->outputs + panel * PANEL;
        fill(tile_of_pixels, c->columns, &t);
    }
}

/* The maxima of one row of windows. What ReLU made zero has no gradient, and -1 for its place. */
INLINED void pool_row(const forward f, pooling p, const float *rows, int64_t start, int64_t width) {
    int64_t whole = whole_vectors(width), row = f.c->columns * whole, outputs = f.c->outputs;
    for (int64_t left = f.c->columns / p.columns; left > 0; left--, start += outputs, rows += p.columns * whole)
        for (int64_t o = 0; o < width; o += LANES) {
            integers place;
            vec best = largest(p.rows, p.columns, rows + o, row, whole, LANES, &place);
            if (f.rectified) place |= ~(best > (vec){0});
            keep(f.y + start + o, best, lesser(width - o, LANES));
            keep(f.places + start + o, (vec)place, lesser(width - o, LANES));
        }
}

/* The same with the maxima of windows in its place: the rows of one row of windows come to lie in `rows`. */
static void convolve_pooled_panel(const forward *f, view x, int64_t image, int64_t panel, int64_t from, int64_t to,
                                  float *rows) {
    const convolution *c = f->c;
    tile t = forward_tile(f, x, panel);
    int64_t whole = t.y_row = whole_vectors(t.width);
    for (int64_t window = from / f->p.rows; window < to / f->p.rows; window++) {
        for (int64_t i = 0; i < f->p.rows; i++) {
            t.x = x.at + (window * f->p.rows + i - from) * c->row_stride * x.pitch;
            t.y = rows + i * c->columns * whole;
            t.width = whole;
            fill(tile_of_pixels, c->columns, &t);
        }
        int64_t start = (image * (c->rows / f->p.rows) + window) * (c->columns / f->p.columns) * c->outputs;
        int64_t width = panel_width(c->outputs, panel);
        if (f->p.rows == 2 && f->p.columns == 2)
            pool_row(*f, (pooling){2, 2}, rows, start + panel * PANEL, width);
        else
            pool_row(*f, f->p, rows, start + panel * PANEL, width);
    }
}

static void convolve_rows(void *context, int64_t item) {
    const forward *f = context;
    const convolution *c = f->c;
    int64_t image = item / f->blocks, block = item % f->blocks, windows = c->rows / f->p.rows;
    int64_t from = windows * block / f->blocks * f->p.rows, to = windows * (block + 1) / f->blocks * f->p.rows;
    view x = viewed(c, f->x + image * c->height * c->width * c->channels, from, to - from);
    float *rows = f->places ? room(f->p.rows * c->columns * PANEL) : 0;
    for (int64_t panel = 0; panel < panels_of(c->outputs); panel++)
        if (f->places)
            convolve_pooled_panel(f, x, image, panel, from, to, rows);
        else
            convolve_panel(f, x, image, panel, from, to);
    free(rows);
    free(x.own);
}

/* y, x, kernel, bias or null, places or null; the geometry, whether ReLU follows, and the size of windows without
   overlap whose maxima alone, and their places, are wanted if there are places, otherwise 1 and 1. */
KERNEL(convolve) {
    const convolution *c = (const convolution *)numbers;
    const int64_t *more = numbers + GEOMETRY;
    float *kernel = packed(arrays[2], cells_of(c), c->outputs);
    float *bias = arrays[3] ? packed(arrays[3], 1, c->outputs) : 0;
    int64_t most = 4 * threads() / c->images, rows = c->rows / more[1];
    forward f = {.c = c, .x = arrays[1], .kernel = kernel, .bias = bias, .y = arrays[0], .rectified = more[0],
                 .p = {more[1], more[2]}, .places = arrays[4], .blocks = most < 1 ? 1 : lesser(most, rows)};
    share(products_of(c), c->images * f.blocks, convolve_rows, &f);
    free(bias);
    free(kernel);
}
