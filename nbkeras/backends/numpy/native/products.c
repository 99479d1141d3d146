/* `numpy.dot` of matrices: `numbers` holds the lengths m, n and inner, and two strides for each factor. */
#include "gemm.h"

KERNEL(dot_f4) {
    int64_t m = numbers[0], n = numbers[1], inner = numbers[2];
    matrix a = {arrays[1], numbers[3], numbers[4]}, b = {arrays[2], numbers[5], numbers[6]};
    if (n == 1 && m > 1 && a.row == 1) /* a column: the products of a with it lie along the columns of a */
        product(1, m, inner, transpose(b), transpose(a), arrays[0], m, 0);
    else
        parallel_product(m, n, inner, a, b, arrays[0], n);
}
