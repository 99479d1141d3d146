/* A pool of threads that waits for work: first spinning, because steps follow one another within microseconds, then
   asleep. */
#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

enum { MOST_THREADS = 64, SPINS = 2000 }; /* pauses before a thread sleeps, or yields */

static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER, lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int64_t wanted = 1, started = 1; /* the caller's thread included */
static atomic_int_fast64_t turn, next, unfinished;
static _Thread_local int working; /* whether this thread is within such work */
static struct {
    int64_t count;
    void (*work)(void *, int64_t);
    void *context;
} job;

static void take_part(void) {
    working = 1;
    for (int64_t i; (i = atomic_fetch_add(&next, 1)) < job.count;) job.work(job.context, i);
    working = 0;
}

static void *serve(void *last_turn) {
    for (int64_t seen = (intptr_t)last_turn;; seen++) {
        for (int spin = 0; spin < SPINS && atomic_load(&turn) == seen; spin++) PAUSE();
        pthread_mutex_lock(&lock);
        while (atomic_load(&turn) == seen) pthread_cond_wait(&wake, &lock);
        pthread_mutex_unlock(&lock);
        take_part();
        atomic_fetch_sub(&unfinished, 1);
    }
    return 0;
}

/* In the child of a fork there is only the thread that forked. */
static void forget(void) {
    started = 1;
    pthread_mutex_init(&busy, 0);
    pthread_mutex_init(&lock, 0);
    pthread_cond_init(&wake, 0);
}

static void start(void) {
    static int prepared;
    if (!prepared) prepared = !pthread_atfork(0, 0, forget);
    while (started < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, 0, serve, (void *)(intptr_t)atomic_load(&turn))) break;
        pthread_detach(thread);
        started++;
    }
}

void parallel(int64_t count, void (*work)(void *, int64_t), void *context) {
    if (count < 2 || wanted < 2 || working || pthread_mutex_trylock(&busy)) {
        for (int64_t i = 0; i < count; i++) work(context, i);
        return;
    }
    start();
    job.count = count, job.work = work, job.context = context;
    atomic_store(&next, 0);
    atomic_store(&unfinished, started - 1);
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&turn, 1);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
    take_part();
    for (int spin = 0; atomic_load(&unfinished); spin++) spin < SPINS ? PAUSE() : (void)sched_yield();
    pthread_mutex_unlock(&busy);
}

int64_t threads(void) { return wanted; }

/* Called by Python, before the first work. */
void set_threads(int64_t count) { wanted = count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : count; }
