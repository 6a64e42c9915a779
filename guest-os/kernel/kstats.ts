// SPDX-License-Identifier: MIT
/**
 * @fileoverview The kernel's own statistics, by illumos's names where it has them.
 *
 * unix:0:system_misc, unix:0:system_pages, cpu:N:sys, cpu:N:vm, cpu_info:N:cpu_infoN, unix:0:vminfo-like figures in unix:0:system_pages; what is
 * our own: unix:0:heap (the collected heap and its pauses), unix:0:interrupts (a count for each line), unix:0:processes.
 */
import { heapCollections, heapLive, heapLongestPause, heapPauseTime, heapSize, heapSurvived } from 'runtime/heap';
import { cpuidEax, cpuidEbx, cpuidEcx, cpuidEdx } from 'machine/cpu';
import { installedMemory } from '../boot/loader';
import { nameCacheHits, nameCacheMisses, nameCacheNegativeHits, nameCachePurges } from '../fs/nameCache';
import { bootTime, calloutsRun, countsToTime, processorRate, ticks } from './time/clock';
import { Cpu, loadAverage, MODE_SYSTEM, processors, thisCpu } from './thread/cpu';
import { availrmem, freeFrames, freeSwap, promisable, promisedPages, refusedReservations, totalFrames } from './memory/frames';
import { heapLimit } from './memory/heapRoom';
import { installKstat, Kstat, NamedData } from './kstat';
import { forksSoFar } from './process/life';
import { DESFREE, LOTSFREE, MINFREE, thresholdOf, THROTTLEFREE, vmFigures } from './memory/pageout';
import { processList } from './process/processes';
import { ZOMBIE } from './process/process';
import { maxThreads } from './limits/resource';
import { readyCount, threadCount } from './thread/threads';
import { stackFrames } from './thread/stacks';
import { interruptsSoFar, lineCounts } from './trap';

class SystemMisc extends Kstat {
  fill(data: NamedData): void {
    data.u32('ncpus', processors().length);
    data.u32('lbolt', <u32>ticks());
    data.u32('clk_intr', <u32>calloutsRun());
    data.u32('nproc', processList().length);
    data.u32('avenrun_1min', loadAverage(0) >> 8);
    data.u32('avenrun_5min', loadAverage(1) >> 8);
    data.u32('avenrun_15min', loadAverage(2) >> 8);
    data.u32('boot_time', <u32>bootTime());
  }
}

class SystemPages extends Kstat {
  fill(data: NamedData): void {
    const free = freeFrames();
    data.u64('physmem', totalFrames());
    data.u64('pagestotal', totalFrames());
    data.u64('pagesfree', free);
    data.u64('freemem', free);
    data.u64('lotsfree', thresholdOf(LOTSFREE));
    data.u64('desfree', thresholdOf(DESFREE));
    data.u64('minfree', thresholdOf(MINFREE));
    data.u64('throttlefree', thresholdOf(THROTTLEFREE));
    data.u64('availrmem', max<i64>(availrmem(), 0));
    // Of memory and swap together.
    data.u64('swap_avail', max<i64>(promisable(), 0));
    data.u64('swap_free', <u64>free + freeSwap());
    data.u64('pageslocked', <u64>totalFrames() - free);
    data.u64('pagespromised', promisedPages());
    data.u64('reservationsrefused', refusedReservations());
    data.u64('installed', installedMemory());
    data.u64('stackpages', stackFrames());
  }
}

class CpuSys extends Kstat {
  constructor(private readonly cpu: Cpu) {
    super('cpu', cpu.id, 'sys', 'misc');
  }
  fill(data: NamedData): void {
    const cpu = this.cpu;
    if (cpu == thisCpu()) cpu.charge(MODE_SYSTEM);
    const user = countsToTime(cpu.user);
    const system = countsToTime(cpu.system);
    const idle = countsToTime(cpu.idling);
    data.u64('cpu_nsec_user', user);
    data.u64('cpu_nsec_kernel', system);
    data.u64('cpu_nsec_idle', idle);
    data.u64('cpu_ticks_user', user / 10000000);
    data.u64('cpu_ticks_kernel', system / 10000000);
    data.u64('cpu_ticks_idle', idle / 10000000);
    data.u64('syscall', cpu.systemCalls);
    data.u64('trap', cpu.traps);
    data.u64('intr', cpu.interrupts);
    data.u64('pswitch', cpu.switches);
    data.u64('inv_swtch', cpu.involuntary);
    data.u64('sysfork', forksSoFar());
  }
}

/** Faults, and pages that came from swap and went there; by illumos's names. All counts are those of the one processor that pages. */
class CpuVm extends Kstat {
  fill(data: NamedData): void {
    const figures = vmFigures;
    data.u64('pgrec', figures.pgrec);
    data.u64('pgin', figures.pgin);
    data.u64('pgpgin', figures.pgin);
    data.u64('pgout', figures.pgout);
    data.u64('pgpgout', figures.anonpgout);
    data.u64('dfree', figures.dfree);
    data.u64('scan', figures.scan);
    data.u64('rev', figures.rev);
    data.u64('as_fault', figures.asFault);
    data.u64('maj_fault', figures.pgin);
    data.u64('pgrrun', figures.pgrrun);
    data.u64('anonpgin', figures.pgin);
    data.u64('anonpgout', figures.anonpgout);
    data.u64('throttled', figures.waits);
  }
}

class CpuInfo extends Kstat {
  constructor(private readonly cpu: Cpu) {
    super('cpu_info', cpu.id, 'cpu_info' + cpu.id.toString(), 'misc');
  }
  fill(data: NamedData): void {
    const signature = cpuidEax(1, 0);
    const family = (signature >> 8) & 15;
    const model = (signature >> 4) & 15;
    data.text('state', 'on-line');
    data.text('cpu_type', 'i386');
    data.text('fpu_type', 'i387 compatible');
    data.u64('clock_MHz', (processorRate() + 500000) / 1000000);
    data.u64('current_clock_Hz', processorRate());
    data.i32('chip_id', this.cpu.id);
    data.text('implementation', 'x86 (' + vendor() + ' ' + signature.toString(16).toUpperCase() + ')');
    data.text('brand', brand());
    data.text('vendor_id', vendor());
    data.u32('family', family == 15 ? family + ((signature >> 20) & 0xff) : family);
    data.u32('model', family == 15 || family == 6 ? model | ((signature >> 12) & 0xf0) : model);
    data.u32('stepping', signature & 15);
  }
}

function bytesOf(word: u32): string {
  let text = '';
  for (let i = 0; i < 4; i++, word >>= 8) if (word & 0xff) text += String.fromCharCode(word & 0xff);
  return text;
}
function vendor(): string {
  return bytesOf(cpuidEbx(0, 0)) + bytesOf(cpuidEdx(0, 0)) + bytesOf(cpuidEcx(0, 0));
}
function brand(): string {
  if (cpuidEax(0x80000000, 0) < 0x80000004) return vendor();
  let text = '';
  for (let leaf: u32 = 0x80000002; leaf <= 0x80000004; leaf++) {
    text += bytesOf(cpuidEax(leaf, 0)) + bytesOf(cpuidEbx(leaf, 0)) + bytesOf(cpuidEcx(leaf, 0)) + bytesOf(cpuidEdx(leaf, 0));
  }
  return text.trim();
}

class Heap extends Kstat {
  fill(data: NamedData): void {
    data.u64('size', heapSize());
    data.u64('live', heapLive());
    data.u64('survived', heapSurvived());
    data.u64('limit', heapLimit());
    data.u64('collections', heapCollections());
    data.u64('pause_nsec', countsToTime(heapPauseTime()));
    data.u64('pause_longest_nsec', countsToTime(heapLongestPause()));
  }
}

class Interrupts extends Kstat {
  fill(data: NamedData): void {
    data.u64('total', interruptsSoFar());
    data.u64('timer', lineCounts[16]);
    for (let i = 0; i < 16; i++) data.u64('line' + i.toString(), lineCounts[i]);
  }
}

class Processes extends Kstat {
  fill(data: NamedData): void {
    const list = processList();
    let zombies = 0;
    for (let i = 0; i < list.length; i++) if (list[i].state == ZOMBIE) zombies++;
    data.u64('processes', list.length);
    data.u64('zombies', zombies);
    data.u64('threads', threadCount());
    data.u64('threads_max', maxThreads());
    data.u64('ready', readyCount());
    data.u64('forks', forksSoFar());
  }
}

class NameCache extends Kstat {
  fill(data: NamedData): void {
    data.u64('hits', nameCacheHits());
    data.u64('misses', nameCacheMisses());
    data.u64('negative_cache_hits', nameCacheNegativeHits());
    data.u64('purge_total_entries', nameCachePurges());
  }
}

export function installKernelKstats(): void {
  installKstat(new SystemMisc('unix', 0, 'system_misc', 'misc'));
  installKstat(new SystemPages('unix', 0, 'system_pages', 'pages'));
  installKstat(new Heap('unix', 0, 'heap', 'vm'));
  installKstat(new Interrupts('unix', 0, 'interrupts', 'misc'));
  installKstat(new Processes('unix', 0, 'processes', 'misc'));
  installKstat(new NameCache('unix', 0, 'dnlcstats', 'misc'));
  const list = processors();
  for (let i = 0; i < list.length; i++) {
    installKstat(new CpuSys(list[i]));
    if (!i) installKstat(new CpuVm('cpu', 0, 'vm', 'misc'));
    installKstat(new CpuInfo(list[i]));
  }
}
