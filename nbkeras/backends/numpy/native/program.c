/* A recorded step: kernels that run one after the other on fixed arrays. */
#include "parallel.h"

#include <string.h>

typedef struct {
    void (*kernel)(void *const *arrays, const int64_t *numbers);
    void *const *arrays;
    const int64_t *numbers;
} instruction;

typedef struct {
    char *target;
    const char *source;
    int64_t bytes;
} batch;

void run_program(const instruction *program, int64_t length) {
    for (int64_t i = 0; i < length; i++) program[i].kernel(program[i].arrays, program[i].numbers);
}

/* The program once for each of `steps` batches, which lie one after the other at the sources. */
void run_program_over(const instruction *program, int64_t length, const batch *batches, int64_t arrays, int64_t steps) {
    for (int64_t step = 0; step < steps; step++) {
        for (int64_t i = 0; i < arrays; i++)
            memcpy(batches[i].target, batches[i].source + step * batches[i].bytes, batches[i].bytes);
        run_program(program, length);
    }
}

/* Elementwise instructions on arrays of one length, tile by tile, so that what one of them writes is still in the
   cache when the next one reads it; and parts of many tiles on several threads. */
enum { TILE = 1024, PART = 16384, ARRAYS = 5, MOVED = 3, NUMBERS = 13, WIDEST = 8 }; /* as for `run_loop`; bytes */

typedef struct {
    const instruction *program;
    int64_t count, length, scratch;
    const int64_t *slots; /* for each array that moves, which piece of scratch memory stands for it, or -1 */
} tiles;

static void run_tile(const tiles *all, int64_t start, int64_t length, char *scratch) {
    for (int64_t i = 0; i < all->count; i++) {
        const instruction *one = all->program + i;
        const int64_t *slots = all->slots + i * MOVED;
        void *arrays[ARRAYS];
        int64_t numbers[NUMBERS];
        memcpy(arrays, one->arrays, sizeof arrays);
        memcpy(numbers, one->numbers, sizeof numbers);
        for (int a = 0; a < MOVED; a++)
            if (slots[a] >= 0)
                arrays[a] = scratch + slots[a] * TILE * WIDEST;
            else if (arrays[a])
                arrays[a] = (char *)arrays[a] + start * numbers[5 + 3 * a];
        numbers[2] = length;
        one->kernel(arrays, numbers);
    }
}

static void run_part(void *context, int64_t part) {
    const tiles *all = context;
    int64_t end = all->length < (part + 1) * PART ? all->length : (part + 1) * PART;
    char scratch[all->scratch * TILE * WIDEST + 64] __attribute__((aligned(64)));
    for (int64_t start = part * PART; start < end; start += TILE)
        run_tile(all, start, end - start < TILE ? end - start : TILE, scratch);
}

void run_tiled(void *const *arrays, const int64_t *numbers) {
    tiles all = {arrays[0], numbers[0], numbers[1], numbers[2], numbers + 3};
    parallel((all.length + PART - 1) / PART, run_part, &all);
}
