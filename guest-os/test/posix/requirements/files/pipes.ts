// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about pipes and fifos. */
import {
  arrivals,
  buffer,
  child,
  exitOf,
  handle,
  ignore,
  inChild,
  isDescriptor,
  pauseFor,
  readText,
  requirement,
  writeText,
} from '../../harness';
import * as sys from '../../system/system';

function fill(descriptor: i32): i64 {
  sys.fcntl(descriptor, sys.F_SETFL, sys.O_NONBLOCK);
  let sum: i64 = 0;
  while (true) {
    const count = sys.write(descriptor, buffer, 1024);
    if (count < 0) return sum;
    sum += count;
  }
}

requirement('pipe: the lowest free descriptors', () => {
  sys.close(0);
  return sys.pipe() == 0 && sys.pipeRead == 0;
});
requirement('pipe: what is written is read in order', () => {
  sys.pipe();
  writeText(sys.pipeWrite, 'one');
  writeText(sys.pipeWrite, 'two');
  return readText(sys.pipeRead) == 'onetwo';
});
requirement('pipe: a read gives what there is', () => {
  sys.pipe();
  writeText(sys.pipeWrite, 'abc');
  return sys.read(sys.pipeRead, buffer, 100) == 3;
});
requirement('pipe: a short read leaves the rest', () => {
  sys.pipe();
  writeText(sys.pipeWrite, 'abcdef');
  return readText(sys.pipeRead, 2) == 'ab' && readText(sys.pipeRead) == 'cdef';
});
requirement('pipe: the end when no writer is left', () => {
  sys.pipe();
  writeText(sys.pipeWrite, 'x');
  sys.close(sys.pipeWrite);
  return readText(sys.pipeRead) == 'x' && sys.read(sys.pipeRead, buffer, 1) == 0;
});
requirement('pipe: a read waits for a writer', () => {
  sys.pipe();
  child(() => {
    pauseFor(20);
    return <i32>writeText(sys.pipeWrite, 'late');
  });
  return readText(sys.pipeRead) == 'late';
});
requirement('pipe: EPIPE and SIGPIPE without a reader', () => {
  handle(sys.SIGPIPE);
  sys.pipe();
  sys.close(sys.pipeRead);
  return writeText(sys.pipeWrite, 'x') == -sys.EPIPE && arrivals[sys.SIGPIPE] == 1;
});
requirement('pipe: EAGAIN for an empty one with O_NONBLOCK', () => {
  sys.pipe();
  sys.fcntl(sys.pipeRead, sys.F_SETFL, sys.O_NONBLOCK);
  return sys.read(sys.pipeRead, buffer, 1) == -sys.EAGAIN;
});
requirement('pipe: EAGAIN for a full one with O_NONBLOCK', () => {
  sys.pipe();
  return fill(sys.pipeWrite) >= 4096 && sys.write(sys.pipeWrite, buffer, 1024) == -sys.EAGAIN;
});
requirement('pipe: a write waits for room', () => {
  sys.pipe();
  fill(sys.pipeWrite);
  sys.fcntl(sys.pipeWrite, sys.F_SETFL, 0);
  const pid = child(() => (sys.write(sys.pipeWrite, buffer, 2048) == 2048 ? 0 : 1));
  pauseFor(10);
  const waits = sys.waitpid(pid, sys.WNOHANG) == 0;
  sys.close(sys.pipeWrite);
  while (sys.read(sys.pipeRead, buffer, 8192) > 0) {}
  return waits && exitOf(pid) == 0;
});
requirement('pipe: writes of 512 bytes are never interleaved', () => {
  sys.pipe();
  for (let letter = 0x61; letter < 0x64; letter++) {
    memory.fill(buffer, <u8>letter, 512);
    const pid = sys.fork();
    if (pid) continue;
    for (let i = 0; i < 40; i++) sys.write(sys.pipeWrite, buffer, 512);
    sys.exit(0);
  }
  sys.close(sys.pipeWrite);
  for (let i = 0; i < 120; i++) {
    let done: i64 = 0;
    while (done < 512) {
      const count = sys.read(sys.pipeRead, <u64>buffer + done, 512 - done);
      if (count <= 0) return false;
      done += count;
    }
    for (let k = 1; k < 512; k++) if (load<u8>(buffer + k) != load<u8>(buffer)) return false;
  }
  return sys.read(sys.pipeRead, buffer, 1) == 0;
});
requirement('pipe: ESPIPE for lseek', () => {
  sys.pipe();
  return sys.lseek(sys.pipeRead, 0, 1) == -sys.ESPIPE;
});
requirement('pipe: ESPIPE for pread', () => {
  sys.pipe();
  return sys.pread(sys.pipeRead, buffer, 1, 0) == -sys.ESPIPE;
});
requirement('pipe: EBADF for reading from the write end', () => {
  sys.pipe();
  return sys.read(sys.pipeWrite, buffer, 1) == -sys.EBADF;
});
requirement('pipe: EBADF for writing to the read end', () => {
  sys.pipe();
  return sys.write(sys.pipeRead, buffer, 1) == -sys.EBADF;
});
requirement('pipe: fstat says that it is a fifo', () => {
  sys.pipe();
  return sys.fstat(sys.pipeRead) == 0 && (sys.st.mode & 0xf000) == 0x1000;
});
requirement('pipe: the descriptors have no FD_CLOEXEC', () => {
  sys.pipe();
  return sys.fcntl(sys.pipeRead, sys.F_GETFD, 0) == 0;
});
requirement('pipe: EMFILE without two free descriptors', () =>
  inChild(() => {
    store<u64>(buffer, 4);
    store<u64>(buffer, 4, 8);
    sys.setrlimit(sys.RLIMIT_NOFILE, buffer);
    return sys.pipe() == -sys.EMFILE && !isDescriptor(3);
  }),
);
requirement(
  'pipe: EFAULT for what is not there',
  () => sys.read(sys.pipe() == 0 && writeText(sys.pipeWrite, 'x') ? sys.pipeRead : -1, 16, 1) == -sys.EFAULT,
);
requirement('pipe: poll says that there is something to read', () => {
  sys.pipe();
  const before = sys.poll(sys.pipeRead, sys.POLLIN, 0);
  writeText(sys.pipeWrite, 'x');
  return before == 0 && sys.poll(sys.pipeRead, sys.POLLIN, 0) == sys.POLLIN;
});
requirement('pipe: poll says that there is room', () => {
  sys.pipe();
  const before = sys.poll(sys.pipeWrite, sys.POLLOUT, 0);
  fill(sys.pipeWrite);
  return before == sys.POLLOUT && sys.poll(sys.pipeWrite, sys.POLLOUT, 0) == 0;
});
requirement('pipe: poll says POLLHUP when no writer is left', () => {
  sys.pipe();
  sys.close(sys.pipeWrite);
  return (sys.poll(sys.pipeRead, sys.POLLIN, 0) & sys.POLLHUP) != 0;
});
requirement('pipe: poll waits', () => {
  sys.pipe();
  child(() => {
    pauseFor(20);
    return <i32>writeText(sys.pipeWrite, 'x');
  });
  return sys.poll(sys.pipeRead, sys.POLLIN, 2000) == sys.POLLIN;
});
requirement('poll: the time-out ends it', () => {
  sys.pipe();
  const before = sys.clockTime(sys.CLOCK_MONOTONIC);
  return sys.poll(sys.pipeRead, sys.POLLIN, 30) == 0 && sys.clockTime(sys.CLOCK_MONOTONIC) - before >= 29000000;
});
requirement('poll: POLLNVAL for what is no descriptor', () => sys.poll(77, sys.POLLIN, 0) == sys.POLLNVAL);
requirement('poll: EINTR by a handler', () => {
  handle(sys.SIGALRM, sys.SA_RESTART);
  sys.pipe();
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.poll(sys.pipeRead, sys.POLLIN, 2000) == -sys.EINTR;
});

requirement('mkfifo: the file is a fifo with that mode', () => {
  sys.umask(0);
  return sys.mkfifo('p', 0o640) == 0 && sys.stat('p') == 0 && sys.st.mode == (0x1000 | 0o640);
});
requirement('mkfifo: EEXIST', () => sys.mkfifo('p', 0o600) == 0 && sys.mkfifo('p', 0o600) == -sys.EEXIST);
requirement('mkfifo: ENOENT where the directory is not there', () => sys.mkfifo('d/p', 0o600) == -sys.ENOENT);
requirement('fifo: opening waits for the other side', () => {
  sys.mkfifo('p', 0o600);
  child(() => {
    pauseFor(20);
    return <i32>writeText(sys.open('p', sys.O_WRONLY), 'met');
  });
  const descriptor = sys.open('p', sys.O_RDONLY);
  return readText(descriptor) == 'met';
});
requirement('fifo: O_NONBLOCK for reading does not wait', () => {
  sys.mkfifo('p', 0o600);
  return sys.open('p', sys.O_RDONLY | sys.O_NONBLOCK) >= 0;
});
requirement('fifo: ENXIO for O_NONBLOCK writing without a reader', () => {
  sys.mkfifo('p', 0o600);
  return sys.open('p', sys.O_WRONLY | sys.O_NONBLOCK) == -sys.ENXIO;
});
requirement('fifo: what is in it goes with the last that has it open', () => {
  sys.mkfifo('p', 0o600);
  const reader = sys.open('p', sys.O_RDONLY | sys.O_NONBLOCK);
  const writer = sys.open('p', sys.O_WRONLY);
  writeText(writer, 'gone');
  sys.close(writer);
  sys.close(reader);
  const again = sys.open('p', sys.O_RDONLY | sys.O_NONBLOCK);
  return sys.read(again, buffer, 4) == 0;
});
requirement('fifo: a handled signal ends opening with EINTR', () => {
  sys.mkfifo('p', 0o600);
  handle(sys.SIGALRM);
  sys.setitimer(sys.ITIMER_REAL, 20000, 0);
  return sys.open('p', sys.O_RDONLY) == -sys.EINTR;
});
requirement('write: EPIPE alone where SIGPIPE is ignored', () => {
  ignore(sys.SIGPIPE);
  sys.pipe();
  sys.close(sys.pipeRead);
  return writeText(sys.pipeWrite, 'x') == -sys.EPIPE;
});
