/*
 * Faults of a file system and of the clock, for a process that has this library in LD_PRELOAD. What is to happen stands in a file that the test maps
 * too (FaultShim.cs has the same layout), so it can be changed while the process runs.
 *
 *   HOLDFAST_FAULTS         the file: 32 numbers of 64 bits
 *   HOLDFAST_FAULTS_UNDER   only files whose path begins so are touched
 *
 * A call counts when its kind is wanted; those from `first` on, `times` of them, get the action.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE, SYNC, RENAME, OPEN, LOOK, KINDS };
enum { FAIL = 1, KILL = 2, FREEZE = 3 };

struct control {
    _Atomic int64_t kinds;        /* bits of the kinds that are wanted */
    _Atomic int64_t first;        /* from 1 */
    _Atomic int64_t times;
    _Atomic int64_t action;
    _Atomic int64_t error;        /* for FAIL: what errno becomes */
    _Atomic int64_t seen;         /* wanted calls so far */
    _Atomic int64_t hit;          /* calls that got the action */
    _Atomic int64_t frozen;       /* calls that are held now; those end when action is no longer FREEZE */
    _Atomic int64_t clock;        /* seconds that the wall clock is ahead */
    _Atomic int64_t all[KINDS];   /* calls of each kind, wanted or not */
    _Atomic int64_t asleep;       /* seconds that the machine has slept: what counts from its start is ahead by them */
};

static struct control *control;
static const char *under;
static size_t under_length;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HOLDFAST_FAULTS");
    under = getenv("HOLDFAST_FAULTS_UNDER");
    if (!path || !under) return;
    under_length = strlen(under);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) return;
    void *mapped = mmap(NULL, 32 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (mapped != MAP_FAILED) control = mapped;
}

/* The path of a name in a folder that is held open: /proc/self/fd/N/name. */
static const char *resolved(const char *path, char *buffer, size_t size)
{
    static const char descriptors[] = "/proc/self/fd/";
    if (strncmp(path, descriptors, sizeof descriptors - 1) != 0) return path;
    const char *rest = strchr(path + sizeof descriptors - 1, '/');
    char link[40];
    if (!rest || (size_t)(rest - path) >= sizeof link) return path;
    memcpy(link, path, (size_t)(rest - path));
    link[rest - path] = 0;
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, buffer, size / 2);
    if (length < 0) return path;
    snprintf(buffer + length, size - (size_t)length, "%s", rest);
    return buffer;
}

/* Whether the call goes on; if not, errno is set. */
static int goes_on(int kind, const char *path)
{
    char buffer[2 * PATH_MAX];
    if (!control || !path) return 1;
    path = resolved(path, buffer, sizeof buffer);
    if (strncmp(path, under, under_length) != 0) return 1;
    atomic_fetch_add(&control->all[kind], 1);
    if (!(control->kinds & (1 << kind))) return 1;
    int64_t number = atomic_fetch_add(&control->seen, 1) + 1;
    if (number < control->first || number - control->first >= control->times) return 1;
    atomic_fetch_add(&control->hit, 1);
    switch (control->action) {
    case KILL:
        kill(getpid(), SIGKILL);
        for (;;) pause();
    case FREEZE:
        atomic_fetch_add(&control->frozen, 1);
        while (control->action == FREEZE) {
            struct timespec pause = { 0, 5000000 };
            syscall(SYS_nanosleep, &pause, NULL);
        }
        atomic_fetch_sub(&control->frozen, 1);
        return 1;
    case FAIL:
        errno = (int)control->error;
        return 0;
    default:
        return 1;
    }
}

static int goes_on_fd(int kind, int fd)
{
    if (!control) return 1;
    char link[40], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 1;
    path[length] = 0;
    return goes_on(kind, path);
}

/* A name beside an open folder. */
static int goes_on_at(int kind, int folder, const char *name)
{
    if (!control || folder == AT_FDCWD || !name || name[0] == '/') return goes_on(kind, name);
    char link[40], path[2 * PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX);
    if (length < 0) return 1;
    snprintf(path + length, sizeof path - (size_t)length, "/%s", name);
    return goes_on(kind, path);
}

/* The process looks functions up by handle too, which passes a preloaded library by: so dlsym is one of ours as well (at the end). */
static void *find(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    if (!real) real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!real) real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.17"); /* ARM, older */
    if (!real) real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5"); /* x86-64, older */
    return real ? real(handle, name) : NULL;
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result (*)(__VA_ARGS__))find(RTLD_NEXT, name)

#define ON_FD(kind, result, name, parameters, arguments, ...) \
    result name parameters { REAL(result, #name, __VA_ARGS__); if (!goes_on_fd(kind, fd)) return -1; return real arguments; }

#define ON_PATH(kind, result, failed, name, parameters, arguments, ...) \
    result name parameters { REAL(result, #name, __VA_ARGS__); if (!goes_on(kind, path)) return failed; return real arguments; }

ON_FD(WRITE, ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count), int, const void *, size_t)
ON_FD(WRITE, ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at), int, const void *, size_t, off_t)
ON_FD(WRITE, ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at), int, const void *, size_t, off64_t)
ON_FD(WRITE, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), int, const struct iovec *, int)
ON_FD(WRITE, ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), int, const struct iovec *, int, off_t)
ON_FD(WRITE, ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at), int, const struct iovec *, int, off64_t)
ON_FD(SYNC, int, fsync, (int fd), (fd), int)
ON_FD(SYNC, int, fdatasync, (int fd), (fd), int)
ON_FD(SYNC, int, syncfs, (int fd), (fd), int)

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    if (!goes_on(RENAME, to)) return -1;
    return real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *);
    if (!goes_on_at(RENAME, to_folder, to)) return -1;
    return real(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
    REAL(int, "renameat2", int, const char *, int, const char *, unsigned int);
    if (!goes_on_at(RENAME, to_folder, to)) return -1;
    return real(from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to)
{
    REAL(int, "link", const char *, const char *);
    if (!goes_on(RENAME, to)) return -1;
    return real(from, to);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    REAL(int, "linkat", int, const char *, int, const char *, int);
    if (!goes_on_at(RENAME, to_folder, to)) return -1;
    return real(from_folder, from, to_folder, to, flags);
}

#define MODE_OF(flags) mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = (mode_t)va_arg(more, int); va_end(more); }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    REAL(int, "open", const char *, int, ...);
    if (!goes_on(OPEN, path)) return -1;
    return real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    REAL(int, "open64", const char *, int, ...);
    if (!goes_on(OPEN, path)) return -1;
    return real(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags)
    REAL(int, "openat", int, const char *, int, ...);
    if (!goes_on_at(OPEN, folder, path)) return -1;
    return real(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags)
    REAL(int, "openat64", int, const char *, int, ...);
    if (!goes_on_at(OPEN, folder, path)) return -1;
    return real(folder, path, flags, mode);
}

ON_PATH(LOOK, int, -1, stat, (const char *path, struct stat *into), (path, into), const char *, struct stat *)
ON_PATH(LOOK, int, -1, lstat, (const char *path, struct stat *into), (path, into), const char *, struct stat *)
ON_PATH(LOOK, int, -1, stat64, (const char *path, struct stat64 *into), (path, into), const char *, struct stat64 *)
ON_PATH(LOOK, int, -1, lstat64, (const char *path, struct stat64 *into), (path, into), const char *, struct stat64 *)
ON_PATH(LOOK, int, -1, statfs, (const char *path, struct statfs *into), (path, into), const char *, struct statfs *)
ON_PATH(LOOK, int, -1, statfs64, (const char *path, struct statfs64 *into), (path, into), const char *, struct statfs64 *)
ON_PATH(LOOK, int, -1, mkdir, (const char *path, mode_t mode), (path, mode), const char *, mode_t)
ON_PATH(LOOK, int, -1, unlink, (const char *path), (path), const char *)
ON_PATH(LOOK, int, -1, rmdir, (const char *path), (path), const char *)
ON_PATH(LOOK, DIR *, NULL, opendir, (const char *path), (path), const char *)

/* The wall clock can be set; the time since the start of the machine goes on only while it sleeps. */
int clock_gettime(clockid_t which, struct timespec *into)
{
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int result = real(which, into);
    if (result == 0 && control && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) into->tv_sec += control->clock;
    if (result == 0 && control && which == CLOCK_BOOTTIME) into->tv_sec += control->asleep;
    return result;
}

int gettimeofday(struct timeval *restrict into, void *restrict zone)
{
    REAL(int, "gettimeofday", struct timeval *, void *);
    int result = real(into, zone);
    if (result == 0 && control) into->tv_sec += control->clock;
    return result;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}

#define OURS(name) if (strcmp(wanted, #name) == 0) return (void *)name

void *dlsym(void *restrict handle, const char *restrict wanted)
{
    if (control && handle != RTLD_NEXT) {
        OURS(write); OURS(pwrite); OURS(pwrite64); OURS(writev); OURS(pwritev); OURS(pwritev64);
        OURS(fsync); OURS(fdatasync); OURS(syncfs);
        OURS(rename); OURS(renameat); OURS(renameat2); OURS(link); OURS(linkat);
        OURS(open); OURS(open64); OURS(openat); OURS(openat64);
        OURS(stat); OURS(lstat); OURS(statfs); OURS(mkdir); OURS(unlink); OURS(rmdir); OURS(opendir);
        OURS(clock_gettime); OURS(gettimeofday); OURS(time);
    }
    return find(handle, wanted);
}
