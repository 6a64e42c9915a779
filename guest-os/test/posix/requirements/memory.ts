// SPDX-License-Identifier: MIT
/** @fileoverview Requirements about mmap, munmap, mprotect, msync, mlock. */
import { load32, load8, store32, store8 } from 'machine/mem';
import { buffer, child, contentOf, exitOf, killerOf, makeFile, requirement, writeText } from '../harness';
import * as sys from '../system/system';

const PAGE: u64 = 4096;
let at: u64 = 0;

function anonymous(pages: u64, flags: i32 = 0): u64 {
  return <u64>sys.mmap(0, pages * PAGE, 3, (flags ? flags : sys.MAP_PRIVATE) | sys.MAP_ANON, -1, 0);
}
function mapFile(descriptor: i32, prot: i32, flags: i32): u64 {
  return <u64>sys.mmap(0, PAGE, prot, flags, descriptor, 0);
}

requirement('mmap: anonymous memory is zeros', () => {
  at = anonymous(4);
  for (let i: u64 = 0; i < 4 * PAGE; i += 512) if (load32(at + i)) return false;
  return true;
});
requirement('mmap: a multiple of the page size', () => anonymous(1) % PAGE == 0);
requirement('mmap: ranges do not overlap', () => {
  const one = anonymous(3);
  const two = anonymous(3);
  return one + 3 * PAGE <= two || two + 3 * PAGE <= one;
});
requirement('mmap: a private mapping shows the file', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDONLY), 1, sys.MAP_PRIVATE);
  return load8(at) == 0x63 && load8(at + 6) == 0x74;
});
requirement("mmap: behind the file's end the page is zeros", () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDONLY), 1, sys.MAP_PRIVATE);
  return load8(at + 7) == 0 && load8(at + 4095) == 0;
});
requirement('mmap: writing to a private mapping leaves the file', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDONLY), 3, sys.MAP_PRIVATE);
  store8(at, 0x58);
  return load8(at) == 0x58 && contentOf('f') == 'content';
});
requirement('mmap: writing to a shared mapping changes the file', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDWR), 3, sys.MAP_SHARED);
  store8(at, 0x58);
  return contentOf('f') == 'Xontent';
});
requirement('mmap: writing to the file shows in a shared mapping', () => {
  makeFile('f', 'content');
  const descriptor = sys.open('f', sys.O_RDWR);
  at = mapFile(descriptor, 1, sys.MAP_SHARED);
  const before = load8(at);
  writeText(descriptor, 'Y');
  return before == 0x63 && load8(at) == 0x59;
});
requirement('mmap: writing behind the end through a mapping does not make the file longer', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDWR), 3, sys.MAP_SHARED);
  store8(at + 100, 0x58);
  return sys.stat('f') == 0 && sys.st.size == 7;
});
requirement('mmap: two shared mappings of a file are one memory', () => {
  makeFile('f', 'content');
  const descriptor = sys.open('f', sys.O_RDWR);
  const one = mapFile(descriptor, 3, sys.MAP_SHARED);
  const two = mapFile(descriptor, 3, sys.MAP_SHARED);
  store8(one + 2, 0x5a);
  return load8(two + 2) == 0x5a;
});
requirement('mmap: a mapping stays when the descriptor is closed', () => {
  makeFile('f', 'content');
  const descriptor = sys.open('f', sys.O_RDONLY);
  at = mapFile(descriptor, 1, sys.MAP_PRIVATE);
  sys.close(descriptor);
  return load8(at) == 0x63;
});
requirement('mmap: a mapping stays when the file is removed', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDONLY), 1, sys.MAP_SHARED);
  sys.unlink('f');
  return load8(at) == 0x63;
});
requirement('mmap: an offset into the file', () => {
  const descriptor = sys.open('f', sys.O_RDWR | sys.O_CREAT);
  sys.pwrite(descriptor, buffer, 8192, 0);
  store8(buffer, 0x51);
  sys.pwrite(descriptor, buffer, 1, 4096);
  at = <u64>sys.mmap(0, PAGE, 1, sys.MAP_SHARED, descriptor, 4096);
  return load8(at) == 0x51;
});
requirement('mmap: SIGBUS behind the last page of the file', () => {
  makeFile('f', 'content');
  return (
    killerOf(
      child(() => {
        at = <u64>sys.mmap(0, 4 * PAGE, 1, sys.MAP_SHARED, sys.open('f', sys.O_RDONLY), 0);
        return load8(at + PAGE);
      }),
    ) == sys.SIGBUS
  );
});
requirement('mmap: EINVAL for length 0', () => sys.mmap(0, 0, 3, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0) == -sys.EINVAL);
requirement('mmap: EINVAL without MAP_SHARED or MAP_PRIVATE', () => sys.mmap(0, PAGE, 3, sys.MAP_ANON, -1, 0) == -sys.EINVAL);
requirement('mmap: EINVAL for an offset within a page', () => {
  makeFile('f', 'content');
  return sys.mmap(0, PAGE, 1, sys.MAP_PRIVATE, sys.open('f', sys.O_RDONLY), 100) == -sys.EINVAL;
});
requirement('mmap: EBADF for what is no descriptor', () => sys.mmap(0, PAGE, 1, sys.MAP_PRIVATE, 77, 0) == -sys.EBADF);
requirement('mmap: EACCES for a descriptor that cannot be read', () => {
  makeFile('f', 'content');
  return sys.mmap(0, PAGE, 1, sys.MAP_PRIVATE, sys.open('f', sys.O_WRONLY), 0) == -sys.EACCES;
});
requirement('mmap: EACCES for writing shared through a descriptor that cannot write', () => {
  makeFile('f', 'content');
  return sys.mmap(0, PAGE, 3, sys.MAP_SHARED, sys.open('f', sys.O_RDONLY), 0) == -sys.EACCES;
});
requirement('mmap: ENODEV for a pipe', () => {
  sys.pipe();
  const error = sys.mmap(0, PAGE, 1, sys.MAP_PRIVATE, sys.pipeRead, 0);
  return error == -sys.ENODEV || error == -sys.EACCES;
});
requirement(
  'mmap: ENOMEM for more than there is room for',
  () => sys.mmap(0, (<u64>1) << 47, 3, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0) == -sys.ENOMEM,
);
requirement('MAP_FIXED: exactly there', () => {
  at = anonymous(3);
  return <u64>sys.mmap(at + PAGE, PAGE, 3, sys.MAP_PRIVATE | sys.MAP_ANON | sys.MAP_FIXED, -1, 0) == at + PAGE;
});
requirement('MAP_FIXED: replaces what was there', () => {
  at = anonymous(3);
  store32(at + PAGE, 5);
  store32(at, 6);
  sys.mmap(at + PAGE, PAGE, 3, sys.MAP_PRIVATE | sys.MAP_ANON | sys.MAP_FIXED, -1, 0);
  return load32(at + PAGE) == 0 && load32(at) == 6;
});
requirement(
  'MAP_FIXED: EINVAL for an address within a page',
  () => sys.mmap(anonymous(2) + 100, PAGE, 3, sys.MAP_PRIVATE | sys.MAP_ANON | sys.MAP_FIXED, -1, 0) == -sys.EINVAL,
);
requirement("mmap: a private mapping is the child's own after fork", () => {
  at = anonymous(1);
  store32(at, 1);
  exitOf(
    child(() => {
      store32(at, 2);
      return 0;
    }),
  );
  return load32(at) == 1;
});
requirement('mmap: a shared mapping is shared with the child', () => {
  at = anonymous(1, sys.MAP_SHARED);
  exitOf(
    child(() => {
      store32(at, 2);
      return 0;
    }),
  );
  return load32(at) == 2;
});
requirement('mmap: a shared mapping that nobody has touched before fork is shared', () => {
  at = anonymous(8, sys.MAP_SHARED);
  exitOf(
    child(() => {
      store32(at + 5 * PAGE, 7);
      return 0;
    }),
  );
  return load32(at + 5 * PAGE) == 7;
});
requirement('mmap: PROT_NONE cannot be read', () => {
  at = <u64>sys.mmap(0, PAGE, 0, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0);
  return killerOf(child(() => load8(at))) == sys.SIGSEGV;
});
requirement('mmap: PROT_READ cannot be written', () => {
  at = <u64>sys.mmap(0, PAGE, 1, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0);
  return (
    killerOf(
      child(() => {
        store8(at, 1);
        return 0;
      }),
    ) == sys.SIGSEGV
  );
});
requirement('munmap: nothing is there afterwards', () => {
  at = anonymous(1);
  sys.munmap(at, PAGE);
  return killerOf(child(() => load8(at))) == sys.SIGSEGV;
});
requirement('munmap: the middle of a range leaves the rest', () => {
  at = anonymous(3);
  store32(at, 1);
  store32(at + 2 * PAGE, 3);
  sys.munmap(at + PAGE, PAGE);
  return load32(at) == 1 && load32(at + 2 * PAGE) == 3 && killerOf(child(() => load8(at + PAGE))) == sys.SIGSEGV;
});
requirement('munmap: no error where nothing is mapped', () => {
  at = anonymous(1);
  return sys.munmap(at, PAGE) == 0 && sys.munmap(at, PAGE) == 0;
});
requirement('munmap: EINVAL for an address within a page', () => sys.munmap(anonymous(1) + 8, PAGE) == -sys.EINVAL);
requirement('munmap: EINVAL for length 0', () => sys.munmap(anonymous(1), 0) == -sys.EINVAL);
requirement('mprotect: takes away the right to write', () => {
  at = anonymous(1);
  store32(at, 5);
  sys.mprotect(at, PAGE, 1);
  return (
    load32(at) == 5 &&
    killerOf(
      child(() => {
        store8(at, 1);
        return 0;
      }),
    ) == sys.SIGSEGV
  );
});
requirement('mprotect: gives the right to write', () => {
  at = <u64>sys.mmap(0, PAGE, 1, sys.MAP_PRIVATE | sys.MAP_ANON, -1, 0);
  sys.mprotect(at, PAGE, 3);
  store32(at, 9);
  return load32(at) == 9;
});
requirement('mprotect: the content stays through PROT_NONE', () => {
  at = anonymous(1);
  store32(at, 77);
  sys.mprotect(at, PAGE, 0);
  sys.mprotect(at, PAGE, 3);
  return load32(at) == 77;
});
requirement('mprotect: a part of a range', () => {
  at = anonymous(3);
  sys.mprotect(at + PAGE, PAGE, 1);
  store32(at, 1);
  store32(at + 2 * PAGE, 1);
  return (
    killerOf(
      child(() => {
        store8(at + PAGE, 1);
        return 0;
      }),
    ) == sys.SIGSEGV
  );
});
requirement('mprotect: ENOMEM where nothing is mapped', () => {
  at = anonymous(1);
  sys.munmap(at, PAGE);
  return sys.mprotect(at, PAGE, 3) == -sys.ENOMEM;
});
requirement('mprotect: EINVAL for an address within a page', () => sys.mprotect(anonymous(1) + 8, PAGE, 3) == -sys.EINVAL);
requirement('mprotect: EACCES for writing a shared mapping of a file that cannot be written', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDONLY), 1, sys.MAP_SHARED);
  return sys.mprotect(at, PAGE, 3) == -sys.EACCES;
});
requirement('msync: 0 for what is mapped', () => {
  makeFile('f', 'content');
  at = mapFile(sys.open('f', sys.O_RDWR), 3, sys.MAP_SHARED);
  store8(at, 0x58);
  return sys.msync(at, PAGE, sys.MS_SYNC) == 0 && contentOf('f') == 'Xontent';
});
requirement('msync: ENOMEM where nothing is mapped', () => {
  at = anonymous(1);
  sys.munmap(at, PAGE);
  return sys.msync(at, PAGE, sys.MS_SYNC) == -sys.ENOMEM;
});
requirement('msync: EINVAL for an address within a page', () => sys.msync(anonymous(1) + 8, 8, sys.MS_SYNC) == -sys.EINVAL);
requirement(
  'msync: EINVAL for MS_SYNC and MS_ASYNC together',
  () => sys.msync(anonymous(1), PAGE, sys.MS_SYNC | sys.MS_ASYNC) == -sys.EINVAL,
);
requirement('mlock: 0 for what is mapped', () => {
  at = anonymous(2);
  return sys.mlock(at, PAGE) == 0 && sys.munlock(at, PAGE) == 0;
});
requirement('mlock: ENOMEM where nothing is mapped', () => {
  at = anonymous(1);
  sys.munmap(at, PAGE);
  return sys.mlock(at, PAGE) == -sys.ENOMEM;
});
requirement('stack: grows by itself', () => exitOf(child(() => deep(3000) & 0x7f)) == (3000 & 0x7f));
function deep(n: i32): i32 {
  // Each call keeps words on the stack.
  if (n == 0) return 0;
  const a = n * 3;
  const b = deep(n - 1);
  return a - n * 2 + b - n + 1;
}
requirement('stack: SIGSEGV beyond its limit', () => killerOf(child(() => endless(1))) == sys.SIGSEGV);
function endless(n: i32): i32 {
  return n + endless(n + 1) * endless(n + 2);
}
