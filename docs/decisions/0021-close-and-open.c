// What it takes to close 64 MiB to the CPU and to open them again, in windows of 4 MiB: with mprotect,
// and by moving page tables. Beside it, copying them.
//
//   cc -O2 -o close_and_open 0021-close-and-open.c && ./close_and_open
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { kRounds = 21 };
static const size_t kSize = (size_t)64 << 20;
static const size_t kWindow = (size_t)4 << 20;
static const size_t kTable = (size_t)2 << 20;

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/// A mapping that begins where a page table does.
static char* map(int file, int protection) {
  char* const reserved = mmap(NULL, kSize + kTable, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) return MAP_FAILED;
  char* const begin = reserved + (kTable - (uintptr_t)reserved % kTable) % kTable;
  return mmap(begin, kSize, protection, MAP_SHARED | MAP_FIXED, file, 0);
}

static int move(char* from, char* to, size_t size) {
  const int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  return mremap(from, size, size, flags, to) == MAP_FAILED;
}

int main(void) {
  const int file = memfd_create("close_and_open", 0);
  if (file < 0 || ftruncate(file, (off_t)kSize) != 0) return 1;
  char* const alias = map(file, PROT_READ | PROT_WRITE);
  char* const view = map(file, PROT_READ);
  char* const parking = map(file, PROT_READ);
  char* const device = mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (alias == MAP_FAILED || view == MAP_FAILED || parking == MAP_FAILED || device == MAP_FAILED)
    return 1;
  memset(alias, 1, kSize);
  double least[5] = {1e9, 1e9, 1e9, 1e9, 1e9};
  volatile char sum = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (size_t at = 0; at < kSize; at += 4096) sum += view[at];
    memset(device, round, kSize);
    double times[6] = {microseconds()};
    if (mprotect(view, kSize, PROT_NONE) != 0) return 1;
    times[1] = microseconds();
    for (size_t at = 0; at < kSize; at += kWindow)
      if (mprotect(view + at, kWindow, PROT_READ) != 0) return 1;
    times[2] = microseconds();
    if (move(view, parking, kSize) || mprotect(view, kSize, PROT_NONE) != 0) return 1;
    times[3] = microseconds();
    for (size_t at = 0; at < kSize; at += kWindow)
      if (mprotect(view + at, kWindow, PROT_READ) != 0 || move(parking + at, view + at, kWindow)) return 1;
    times[4] = microseconds();
    memcpy(alias, device, kSize);
    times[5] = microseconds();
    for (int i = 0; i < 5; ++i) {
      const double time = times[i + 1] - times[i];
      if (time < least[i]) least[i] = time;
    }
  }
  printf("mprotect: close %.0f us, open %.0f us\nmove: close %.0f us, open %.0f us\ncopy %.0f us\n",
         least[0], least[1], least[2], least[3], least[4]);
  return 0;
}
