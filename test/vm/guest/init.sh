#!/bin/sh
# The guest's first process: makes the machine usable, runs the plan (or a shell), powers off.

/bin/busybox --install -s /bin
export PATH=/usr/bin:/bin:/sbin HOME=/root TERM=dumb

mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t devpts devpts /dev/pts
hostname mkwrite-vm
ip link set lo up

cd /project || exit 1
if grep -q 'mkwrite[.]shell' /proc/cmdline; then
  setsid cttyhack sh
else
  # The report travels over the second serial port, which must not translate line ends.
  stty -F /dev/ttyS1 raw -echo
  node /guest/main.mjs
fi
poweroff -f
