/* What reading back on a device-owned page costs, per touch: PROT_NONE with SIGSEGV, as mkwrite does it, against
 * userfaultfd MINOR faults that a handler thread resolves with UFFDIO_CONTINUE.
 *   gcc -O2 -pthread minor-fault.c -o minor-fault && ./minor-fault && ./minor-fault unprivileged */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kPages = 4096, kPage = 4096 };
static char *view, *alias, *device;
static int uffd, window = 1;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void on_segv(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  size_t page = ((char *)info->si_addr - view) / kPage;
  size_t count = page + window > kPages ? kPages - page : window;
  memcpy(alias + page * kPage, device + page * kPage, count * kPage);
  if (mprotect(view + page * kPage, count * kPage, PROT_READ | PROT_WRITE) != 0) abort();
}

static void *serve(void *unused) {
  (void)unused;
  struct uffd_msg message;
  while (read(uffd, &message, sizeof message) == sizeof message) {
    size_t page = ((char *)message.arg.pagefault.address - view) / kPage;
    size_t count = page + window > kPages ? kPages - page : window;
    memcpy(alias + page * kPage, device + page * kPage, count * kPage);
    struct uffdio_continue next = {{(unsigned long)(view + page * kPage), count * kPage}, 0, 0};
    if (ioctl(uffd, UFFDIO_CONTINUE, &next) != 0 && errno != EEXIST) perror("UFFDIO_CONTINUE");
  }
  return 0;
}

static double touch_all(void) {
  double begin = now();
  for (int i = 0; i < kPages; i++) ((volatile char *)view)[(size_t)i * kPage];
  return (now() - begin) / kPages;
}

int main(int argc, char **argv) {
  (void)argv;
  size_t size = (size_t)kPages * kPage;
  int fd = memfd_create("minor", MFD_CLOEXEC);
  if (ftruncate(fd, size) != 0) return 1;
  view = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  alias = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  device = malloc(size);
  memset(device, 1, size), memset(alias, 0, size), memset(view, 0, size);
  madvise(view, size, MADV_NOHUGEPAGE);
  struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, 0);
  for (int w = 1; w <= 16; w *= 16) {
    window = w;
    for (int round = 0; round < 3; round++) {
      mprotect(view, size, PROT_NONE);
      double us = touch_all();
      if (round == 2) printf("PROT_NONE and SIGSEGV, %2d pages at a time: %6.2f us per page\n", w, us);
    }
  }
  mprotect(view, size, PROT_READ | PROT_WRITE);

  int user_only = argc > 1;
  uffd = syscall(SYS_userfaultfd, O_CLOEXEC | (user_only ? UFFD_USER_MODE_ONLY : 0));
  struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_MINOR_SHMEM};
  if (ioctl(uffd, UFFDIO_API, &api) != 0) return perror("UFFDIO_API"), 1;
  struct uffdio_register request = {{(unsigned long)view, size}, UFFDIO_REGISTER_MODE_MINOR, 0};
  if (ioctl(uffd, UFFDIO_REGISTER, &request) != 0) return perror("UFFDIO_REGISTER"), 1;
  pthread_t thread;
  pthread_create(&thread, 0, serve, 0);
  for (int w = 1; w <= 16; w *= 16) {
    window = w;
    for (int round = 0; round < 3; round++) {
      madvise(view, size, MADV_DONTNEED);
      double us = touch_all();
      if (round == 2) printf("MINOR and UFFDIO_CONTINUE, %2d pages at a time: %6.2f us per page\n", w, us);
    }
  }
  /* A system call into such a page. */
  madvise(view, size, MADV_DONTNEED);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  ssize_t written = write(ends[1], view + 5 * kPage, 8);
  printf("write(2) from such a page, userfaultfd %s: %s\n", user_only ? "with UFFD_USER_MODE_ONLY" : "with full privilege",
         written == 8 ? "waits and succeeds" : strerror(errno));
  return 0;
}
