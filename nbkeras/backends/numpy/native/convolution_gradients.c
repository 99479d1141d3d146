/* The transpose of a convolution, and the gradient of its kernel and bias; as in convolution.c. */
#include "tile.h"

enum { L1_BLOCK = 6144 }; /* floats */

/* The kernel with its last two axes exchanged: by panels of channels, and then by cells of the window, as vectors that
   lie in the order in which they are used. */
static float *packed_transpose(const convolution *c, const float *kernel) {
    int64_t places = c->kernel_rows * c->kernel_columns;
    int64_t size = places * c->outputs * panels_of(c->channels) * PANEL;
    float *all = memset(room(size), 0, size * sizeof(float));
    for (int64_t panel = 0; panel < panels_of(c->channels); panel++) {
        int64_t width = panel_width(c->channels, panel), whole = whole_vectors(width);
        float *target = all + panel * places * c->outputs * PANEL;
        for (int64_t place = 0; place < places; place++)
            for (int64_t i = 0; i < width; i++)
                for (int64_t o = 0; o < c->outputs; o++)
                    target[(place * c->outputs + o) * whole + i] =
                        kernel[(place * c->channels + panel * PANEL + i) * c->outputs + o];
    }
    return all;
}

/* What comes back to a convolution: the gradient of its result, or of the maxima of windows of it. With `y`, only that
   where `y` is above 0 passes; with `places`, only to the place of the maximum in each window. */
typedef struct {
    const float *d, *y, *places;
    pooling p;
} gradient;

/* The gradient of `count` adjacent outputs, the first ones of a vector that is zero elsewhere. */
INLINED vec passed(const gradient *g, int64_t at, int32_t place, int64_t count) {
    vec d = take(g->d + at, count);
    if (g->places) return (vec)((integers)d & ((integers)take(g->places + at, count) == place));
    if (g->y) return (vec)((integers)d & (take(g->y + at, count) > (vec){0}));
    return d;
}

/* The gradient that row `i` of one image has from output `first` on, `width` of them, as rows of whole vectors. */
INLINED void pass_some(const convolution *c, const gradient g, int64_t image, int64_t i, int64_t first, int64_t width,
                       float *rows) {
    int64_t windows = c->columns / g.p.columns, outputs = c->outputs;
    int64_t at = ((image * (c->rows / g.p.rows) + i / g.p.rows) * windows) * outputs + first;
    int32_t row = (int32_t)(i % g.p.rows * g.p.columns), end = row + (int32_t)g.p.columns;
    for (; windows > 0; windows--, at += outputs)
        for (int32_t place = row; place < end; place++, rows += whole_vectors(width))
            for (int64_t o = 0; o < width; o += LANES)
                store(rows + o, passed(&g, at + o, place, lesser(width - o, LANES)));
}

static void pass_row(const convolution *c, const gradient *g, int64_t image, int64_t i, int64_t first, int64_t width,
                     float *rows) {
    if (width == PANEL)
        pass_some(c, *g, image, i, first, PANEL, rows);
    else
        pass_some(c, *g, image, i, first, width, rows);
}

typedef struct {
    const convolution *c;
    gradient g;
    const float *kernel;
    float *x;
} backward;

/* One panel of channels of one image of x: for each cell of the windows, one product, added to where the cell lies. */
static void spread_image(void *context, int64_t item) {
    const backward *b = context;
    const convolution *c = b->c;
    int64_t panels = panels_of(c->channels), image = item / panels, panel = item % panels;
    int64_t width = panel_width(c->channels, panel), whole = whole_vectors(width), length = c->outputs;
    float *x = b->x + image * c->height * c->width * c->channels + panel * PANEL, *own = 0;
    const float *d = b->g.d + image * pixels_of(c) * c->outputs;
    if (b->g.y || b->g.places) {
        length = whole_vectors(c->outputs);
        d = own = room(pixels_of(c) * length);
        for (int64_t i = 0; i < c->rows; i++)
            pass_row(c, &b->g, image, i, 0, c->outputs, own + i * c->columns * length);
    }
    for (int64_t i = 0; i < c->height * c->width; i++) memset(x + i * c->channels, 0, width * sizeof(float));
    tile t = {.row = length, .next = 1, .stretches = 1, .parts = 1, .length = c->outputs,
              .panel = b->kernel + panel * c->kernel_rows * c->kernel_columns * c->outputs * PANEL,
              .start_row = c->column_stride * c->channels, .y_row = c->column_stride * c->channels, .width = width};
    for (int64_t row = 0; row < c->kernel_rows; row++)
        for (int64_t column = 0; column < c->kernel_columns; column++, t.panel += c->outputs * whole) {
            int64_t from, to;
            columns_inside(c, column, &from, &to);
            for (int64_t i = 0; i < c->rows && from < to; i++) {
                int64_t y = i * c->row_stride + row * c->row_step - c->top;
                if (y < 0 || y >= c->height) continue;
                int64_t cell = from * c->column_stride + column * c->column_step - c->left;
                t.x = d + (i * c->columns + from) * length;
                t.start = t.y = x + (y * c->width + cell) * c->channels;
                fill(tile_of_pixels, to - from, &t);
            }
        }
    free(own);
}

/* x, the gradient of y, kernel, y or null, places or null: the transpose of `convolve`, to x. */
KERNEL(convolve_transpose) {
    const convolution *c = (const convolution *)numbers;
    const int64_t *more = numbers + GEOMETRY;
    float *kernel = packed_transpose(c, arrays[2]);
    backward b = {c, {arrays[1], arrays[3], arrays[4], {more[0], more[1]}}, kernel, arrays[0]};
    share(products_of(c), c->images * panels_of(c->channels), spread_image, &b);
    free(kernel);
}

typedef struct {
    const convolution *c;
    gradient g;
    const float *x;
    float *sums;   /* for each part of the images, the gradients of the kernel and of the bias */
    int64_t parts;
    int64_t block; /* rows of y that are taken at once: as many as fit the L1 cache */
} weights;

/* Adds the sum of `rows` by `columns` pixels of whole vectors to `total`: by four sums, as an addition takes four
   cycles, each of every fourth column, so that columns of zeros behind them change nothing. */
static void add_pixels(float *total, const float *pixels, int64_t rows, int64_t columns, int64_t width) {
    int64_t whole = whole_vectors(width);
    for (int64_t o = 0; o < width; o += LANES) {
        vec sum[4] = {{0}};
        const float *pixel = pixels + o;
        for (int64_t i = 0; i < rows; i++) {
            int64_t j = 0;
            for (; j + 4 <= columns; j += 4, pixel += 4 * whole)
                UNROLLED for (int k = 0; k < 4; k++) sum[k] += load(pixel + k * whole);
            UNROLLED for (int k = 0; k < 3; k++) if (j + k < columns) {
                sum[k] += load(pixel);
                pixel += whole;
            }
        }
        int64_t lanes = lesser(width - o, LANES);
        keep(total + o, take(total + o, lanes) + ((sum[0] + sum[1]) + (sum[2] + sum[3])), lanes);
    }
}

/* Adds what some rows of one image give to a panel of the kernel's gradient. */
static void add_products(const convolution *c, view x, int64_t from, int64_t count, const float *d, float *sums,
                         int64_t width) {
    int adjacent = c->column_step == 1;
    int64_t runs = adjacent ? 1 : c->kernel_columns, run = cells_of(c) / c->kernel_rows / runs;
    tile t = {.row = 1, .next = c->column_stride * c->channels, .stretches = count,
              .stretch = c->row_stride * x.pitch, .parts = 1, .length = c->columns, .panel = d,
              .start_row = c->outputs, .y_row = c->outputs, .width = width};
    for (int64_t row = 0; row < c->kernel_rows; row++)
        for (int64_t i = 0; i < runs; i++) {
            t.x = x.at + (from * c->row_stride + row * c->row_step) * x.pitch + i * c->column_step * c->channels;
            t.start = t.y = sums + (row * runs + i) * run * c->outputs;
            fill(tile_of_channels, run, &t);
        }
}

static void sum_image(const weights *w, int64_t image, int64_t panel, float *sums, float *d) {
    const convolution *c = w->c;
    int64_t width = panel_width(c->outputs, panel), whole = whole_vectors(width);
    view x = viewed(c, w->x + image * c->height * c->width * c->channels, 0, c->rows);
    for (int64_t from = 0; from < c->rows; from += w->block) {
        int64_t count = lesser(w->block, c->rows - from);
        for (int64_t i = 0; i < count; i++)
            pass_row(c, &w->g, image, from + i, panel * PANEL, width, d + i * c->columns * whole);
        add_products(c, x, from, count, d, sums, width);
        add_pixels(sums + cells_of(c) * c->outputs, d, count, c->columns, width);
    }
    free(x.own);
}

/* One panel of outputs of one part of the images. */
static void sum_part(void *context, int64_t item) {
    const weights *w = context;
    const convolution *c = w->c;
    int64_t panels = panels_of(c->outputs), part = item / panels, panel = item % panels;
    float *sums = w->sums + part * (cells_of(c) + 1) * c->outputs + panel * PANEL;
    float *d = room(w->block * c->columns * PANEL);
    for (int64_t k = 0; k <= cells_of(c); k++)
        memset(sums + k * c->outputs, 0, panel_width(c->outputs, panel) * sizeof(float));
    for (int64_t image = c->images * part / w->parts; image < c->images * (part + 1) / w->parts; image++)
        sum_image(w, image, panel, sums, d);
    free(d);
}

/* Sums, x, the gradient of y, y or null, places or null; the geometry, the windows, and the number of parts that the
   images come in. For each part there are sums for the kernel and then for the bias; the first ones become the
   gradients. */
KERNEL(convolve_gradient) {
    const convolution *c = (const convolution *)numbers;
    const int64_t *more = numbers + GEOMETRY;
    int64_t block = L1_BLOCK / (c->width * PANEL);
    weights w = {c, {arrays[2], arrays[3], arrays[4], {more[0], more[1]}}, arrays[1], arrays[0], more[2],
                 block < 1 ? 1 : block};
    share(products_of(c), w.parts * panels_of(c->outputs), sum_part, &w);
    int64_t size = (cells_of(c) + 1) * c->outputs;
    for (int64_t part = 1; part < w.parts; part++)
        INDEPENDENT
        for (int64_t i = 0; i < size; i++) w.sums[i] += w.sums[part * size + i];
}
