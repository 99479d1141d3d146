/* NumPy's own inner loops, which do what its elementwise functions do, without the Python around them. */
#include <stdint.h>

typedef void (*loop)(char **arrays, const intptr_t *length, const intptr_t *steps, void *data);

/* Arrays: the result, two arguments (or one and nothing), the loop and its data. Numbers: three lengths, the innermost
   last, three steps in bytes for each array, and how many arrays there are. NumPy wants the result last. */
void run_loop(void *const *arrays, const int64_t *numbers) {
    int64_t count = numbers[12];
    intptr_t length = numbers[2], steps[3];
    char *moved[3];
    for (int64_t i = 0; i < numbers[0]; i++)
        for (int64_t j = 0; j < numbers[1]; j++) {
            for (int64_t a = 0; a < count; a++) {
                const int64_t *own = numbers + 3 + 3 * a;
                int64_t place = a ? a - 1 : count - 1;
                moved[place] = (char *)arrays[a] + i * own[0] + j * own[1];
                steps[place] = own[2];
            }
            ((loop)arrays[3])(moved, &length, steps, arrays[4]);
        }
}
