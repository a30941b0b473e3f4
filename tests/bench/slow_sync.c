/* Makes every fdatasync and fsync of a program last at least SLOW_SYNC_US microseconds: loaded with LD_PRELOAD. The program
   sleeps for the rest, as it would on a slow disk; its processor is free meanwhile. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int lasting(const char *name, int file) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = sync(file);
    const char *least = getenv("SLOW_SYNC_US");
    long long nanoseconds = until.tv_nsec + (least ? atoll(least) : 0) * 1000;
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
    }
    return result;
}

int fdatasync(int file) { return lasting("fdatasync", file); }

int fsync(int file) { return lasting("fsync", file); }
