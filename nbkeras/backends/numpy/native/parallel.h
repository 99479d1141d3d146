/* Work shared out to threads. */
#ifndef NBKERAS_PARALLEL_H
#define NBKERAS_PARALLEL_H

#include <stdint.h>

/* Calls `work(context, i)` for each i < count, on all threads; returns when all is done. Called from within such work,
   or while another thread of Python is at it, it does everything itself. Which thread does what is not fixed: results
   must not depend on it. */
void parallel(int64_t count, void (*work)(void *context, int64_t i), void *context);

/* How many threads there are: what work may be cut into. */
int64_t threads(void);

#endif
