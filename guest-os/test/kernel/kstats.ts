// SPDX-License-Identifier: MIT
/** @fileoverview All statistics, one a line as kstat -p has them; and what a test compares before and after. */
import { load64, store64 } from 'machine/mem';
import { out } from '../../lib/io';
import * as calls from '../../lib/calls';
import { findKstat, KSTAT_TYPE_IO, kstatChain } from '../../lib/kstat';
import { fork, waitFor } from '../../lib/process';

export function showKstats(): i32 {
  const chain = kstatChain();
  for (let i = 0; i < chain.length; i++) {
    const kstat = chain[i];
    if (!kstat.read()) continue;
    const key = kstat.module + ':' + kstat.instance.toString() + ':' + kstat.name + ':';
    for (let k = 0; k < kstat.values.length; k++) out(key + kstat.values[k].name + '\t' + kstat.values[k].text + '\n');
    if (kstat.type != KSTAT_TYPE_IO) continue;
    const at = changetype<usize>(kstat.raw);
    out(key + 'nread\t' + load<u64>(at).toString() + '\n' + key + 'reads\t' + load<u32>(at, 16).toString() + '\n');
  }
  return chain.length ? 0 : 1;
}

/** Frames in use but for kernel stacks, processes, threads, and bytes that a collection leaves in the kernel's heap. */
export class Usage {
  frames: i64 = 0;
  processes: i64 = 0;
  threads: i64 = 0;
  heap: i64 = 0;

  /**
   * Measured by a child, so that what it takes itself is gone afterwards; another one has made the kernel collect before, which takes memory of its own, now
   * more, now less.
   */
  static now(): Usage {
    const usage = new Usage();
    const collector = fork();
    if (!collector) {
      collect();
      calls.exit(0);
    }
    waitFor(collector);
    const at = calls.mmap(0, 4096, 3, 0x101, -1, 0);
    const pid = fork();
    if (!pid) {
      usage.measure();
      store64(at, usage.frames);
      store64(<u64>at + 8, usage.processes);
      store64(<u64>at + 16, usage.threads);
      store64(<u64>at + 24, usage.heap);
      calls.exit(0);
    }
    waitFor(pid);
    usage.frames = load64(at);
    usage.processes = load64(<u64>at + 8);
    usage.threads = load64(<u64>at + 16);
    usage.heap = load64(<u64>at + 24);
    calls.munmap(at, 4096);
    return usage;
  }

  private measure(): void {
    this.heap = findKstat('unix', 0, 'heap')!.number('survived');
    const pages = findKstat('unix', 0, 'system_pages')!;
    // Stacks of threads that have gone are kept for others.
    this.frames = pages.number('pageslocked') - pages.number('stackpages');
    const processes = findKstat('unix', 0, 'processes')!;
    this.processes = processes.number('processes');
    this.threads = processes.number('threads');
  }

  show(what: string): void {
    out(what + ' frames ' + this.frames.toString() + ' processes ' + this.processes.toString());
    out(' threads ' + this.threads.toString() + ' heap ' + this.heap.toString() + '\n');
  }
}

/** Makes the kernel collect, by keeping it busy. */
function collect(): void {
  const before = findKstat('unix', 0, 'heap')!.number('collections');
  for (let i = 0; i < 2000; i++) {
    const pid = fork();
    if (!pid) calls.exit(0);
    waitFor(pid);
    if (i % 20 == 0 && findKstat('unix', 0, 'heap')!.number('collections') >= before + 2) return;
  }
}
