/* Copies from one type of number to another, as NumPy casts them. The numbers are those of `run_loop`. */
#include "vector.h"

typedef float f4;
typedef int32_t i4;
typedef int64_t i8;
typedef uint32_t u4;
typedef uint8_t b1;

#define COPY_AS(name, from, to, expression)                                                                           \
    static inline void name##_row(to *y, const from *x, int64_t n, int64_t sy, int64_t sx) {                          \
        INDEPENDENT                                                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                                             \
            from a = x[i * sx];                                                                                       \
            y[i * sy] = expression;                                                                                   \
        }                                                                                                             \
    }                                                                                                                 \
    KERNEL(name) {                                                                                                    \
        const int64_t *step = numbers + 3, *other = numbers + 6, to_size = sizeof(to), from_size = sizeof(from);      \
        for (int64_t i = 0; i < numbers[0]; i++)                                                                      \
            for (int64_t j = 0; j < numbers[1]; j++) {                                                                \
                to *y = (to *)((char *)arrays[0] + i * step[0] + j * step[1]);                                        \
                const from *x = (const from *)((const char *)arrays[1] + i * other[0] + j * other[1]);                \
                if (step[2] == to_size && other[2] == from_size)                                                      \
                    name##_row(y, x, numbers[2], 1, 1);                                                               \
                else                                                                                                  \
                    name##_row(y, x, numbers[2], step[2] / to_size, other[2] / from_size);                            \
            }                                                                                                         \
    }
#define COPY(from, to) COPY_AS(copy_##from##_##to, from, to, (to)a)

COPY(f4, f4)
COPY(i4, i4)
COPY(i8, i8)
COPY(u4, u4)
COPY(b1, b1)
COPY(i4, f4)
COPY(i8, f4)
COPY(i8, i4)
COPY(i4, i8)
COPY(u4, i4)
COPY(i4, u4)
COPY(b1, f4)
COPY(b1, i4)
COPY(f4, i4)
COPY_AS(copy_f4_b1, f4, b1, a != 0.0f)
