// What one bare mprotect fault costs, independently of mkwrite: prints the median in nanoseconds.
//   cc -O2 mprotect_fault.c && ./a.out
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { kPages = 4096, kRounds = 10 };
static double times[kPages * kRounds];
static uintptr_t page_size;

static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  uintptr_t page = (uintptr_t)info->si_addr & ~(page_size - 1);
  if (mprotect((void *)page, page_size, PROT_READ | PROT_WRITE) != 0) _exit(1);
}
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}
static int compare(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(void) {
  page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  size_t size = kPages * page_size, count = 0;
  int fd = memfd_create("reference", 0);
  if (ftruncate(fd, (off_t)size) != 0) return 1;
  volatile char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if ((void *)memory == MAP_FAILED) return 1;
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  memset((void *)memory, 1, size);
  for (int round = 0; round < kRounds; ++round) {
    if (mprotect((void *)memory, size, PROT_READ) != 0) return 1;
    for (size_t page = 0; page < kPages; ++page) {
      double begin = now();
      memory[page * page_size] = 2;
      times[count++] = now() - begin;
    }
  }
  qsort(times, count, sizeof *times, compare);
  printf("%.0f\n", times[count / 2]);
}
