// SPDX-License-Identifier: MIT
/**
 * @fileoverview What makes properties of VMs and zones, swap and crash dumps live, taken out one at a time: the system is built without it, and the test that is
 * named for it must fail on our machine, or go on for ever. `node tools/mutateLive.js [FIRST [LAST]]`.
 *
 * A hook is a piece of source and what is there instead when it is gone, as a check of zones.ts is; the test is one of test/os, which builds its
 * system by systemWith, and so without the piece (guestTests.ts).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { type Hook, hook } from './hook.ts';
import { DUMP_HOOKS, SWAP_HOOKS } from './memoryHooks.ts';

const LIMITS = 'zoneLimits.test.ts';
const VMADM = 'vmadm.test.ts';
const MEMORY = 'guest-os/kernel/zone/zone.ts';
const PROCESS = 'a process makes sets and queues';
const CHANGED = 'it is changed while it runs';
const LIVE = 'so is all that is live';

export const HOOKS: readonly Hook[] = [
  hook('cpu_shares', MEMORY, 'if (control == RCTL_CPU_SHARES)', 'if (control == -1)', LIMITS, 'shares of 1:3 give 1:3'),
  hook('cpu_cap', MEMORY, 'else if (control == RCTL_CPU_CAP)', 'else if (control == -1)', LIMITS, 'a cap holds'),
  hook(
    'max_swap',
    MEMORY,
    'else if (control == RCTL_MAX_SWAP)',
    'else if (control == -1)',
    LIMITS,
    'a zone is promised no more memory',
  ),
  hook(
    'max_physical_memory, ram',
    MEMORY,
    'else if (control == RCTL_MAX_PHYSICAL_MEMORY)',
    'else if (control == -1)',
    LIMITS,
    'at its cap of physical memory',
  ),
  hook(
    'max_locked_memory',
    MEMORY,
    'else if (control == RCTL_MAX_LOCKED_MEMORY)',
    'else if (control == -1)',
    LIMITS,
    'it locks no more',
  ),
  hook(
    'zfs_io_priority',
    MEMORY,
    '(control == RCTL_ZFS_IO_PRIORITY)',
    '(control == -1)',
    LIMITS,
    'priorities of 1:3 give 1:3 of ZFS',
  ),
  hook(
    'max_lwps',
    'guest-os/kernel/limits/resource.ts',
    'if (<u64>project.zone.threads >= project.zone.limit(RCTL_MAX_LWPS)) return false;',
    '',
    LIMITS,
    'it has no more processes and threads',
  ),
  hook(
    'zone.max-processes',
    'guest-os/kernel/limits/resource.ts',
    'if (<u64>zone.processes >= zone.limit(RCTL_MAX_PROCESSES)) return false;',
    '',
    LIMITS,
    'it has no more processes and threads',
  ),
  hook(
    'max_shm_memory',
    'guest-os/kernel/ipc/sharedMemory.ts',
    ' && sharedBytes(zone, -1) + bytes <= zone.limit(RCTL_MAX_SHM_MEMORY)',
    '',
    LIMITS,
    'it has no more segments, semaphores and queues',
  ),
  hook(
    'max_shm_ids, max_sem_ids, max_msg_ids',
    'guest-os/kernel/ipc/objects.ts',
    'if (this.count(zoneid, -1) >= project.zone.limit(this.control)) return false;',
    '',
    LIMITS,
    'it has no more segments, semaphores and queues',
  ),
  hook(
    'process.max-sem-nsems',
    'guest-os/syscall/semsys.ts',
    ' || <u64>count > currentProcess().limits.lower(LIMIT_SEM_NSEMS)',
    '',
    LIMITS,
    PROCESS,
  ),
  hook(
    'process.max-sem-ops',
    'guest-os/kernel/ipc/semaphores.ts',
    'count > this.mostOperations ? setError(E2BIG) : 0',
    '0',
    LIMITS,
    PROCESS,
  ),
  hook('process.max-msg-qbytes', 'guest-os/kernel/ipc/messages.ts', 'this.bytes + size <= this.most && ', '', LIMITS, PROCESS),
  hook('process.max-msg-messages', 'guest-os/kernel/ipc/messages.ts', 'this.count < this.mostMessages', 'true', LIMITS, PROCESS),
  hook(
    'priocntl',
    'guest-os/kernel/thread/runQueue.ts',
    'if (share.count) slice = niceSlice(thread, slice);',
    '',
    LIMITS,
    'within a zone the processor goes',
  ),
  hook('all resource controls', 'guest-os/cmd/vmadm/machine/_store.ts', 'property.store != IN_RCTL ||', 'true ||', VMADM, LIVE),
  hook(
    'quota, zfs_root_compression, zfs_root_recsize',
    'guest-os/cmd/vmadm/machine/_store.ts',
    '!value || property.store != IN_ZFS',
    'true',
    VMADM,
    CHANGED,
  ),
  hook(
    'customer_metadata, internal_metadata',
    'guest-os/cmd/vmadm/machine/_store.ts',
    'metadata.set(parts[i], changed(before ? before : new Json(OBJECT), payload, parts[i]));',
    'if (!before) metadata.set(parts[i], changed(new Json(OBJECT), payload, parts[i]));',
    VMADM,
    CHANGED,
  ),
  hook(
    'tags, routes',
    'guest-os/cmd/vmadm/machine/_store.ts',
    "payload.get('set_' + name)",
    "payload.get('none')",
    VMADM,
    CHANGED,
  ),
  hook(
    'alias and other texts',
    'guest-os/cmd/vmadm/machine/_store.ts',
    'property.store == IN_ATTR_ENCODED',
    'false',
    VMADM,
    CHANGED,
  ),
  hook(
    'fs_allowed',
    'guest-os/cmd/zone/zoneadmd.ts',
    'setZoneText(zone, ATTR_FS_ALLOWED, configuration.fsAllowed);',
    '',
    VMADM,
    'it has its own name',
  ),
  ...SWAP_HOOKS,
  ...DUMP_HOOKS,
];

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly title: string; readonly status: string }[] }[];
}

/** A test that goes on for longer has got stuck. */
const PATIENCE = 900_000;

/** How the test that a hook names ends; nothing: it did not run. */
function verdictOf({ test, name }: Hook, without: string, report: string): Promise<string> {
  const words = [
    'vitest',
    'run',
    '--project',
    'system',
    `test/os/${test}`,
    '-t',
    `(our machine|beside each other|a panic) ${name}`,
    '--reporter=json',
  ];
  const child = spawn('npx', [...words, `--outputFile=${report}`], {
    cwd: projectRoot(),
    env: { ...process.env, DIORAMA_WITHOUT: without },
    stdio: 'ignore',
    detached: true,
  });
  rmSync(report, { force: true });
  return new Promise((resolve) => {
    let isStuck = false;
    // With all that it has started.
    const timer = setTimeout(() => {
      isStuck = true;
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    }, PATIENCE);
    child.on('exit', () => {
      clearTimeout(timer);
      if (isStuck) return resolve('stuck');
      if (!existsSync(report)) return resolve('');
      const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
      const found = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ title }) => title.startsWith(name));
      resolve(found.find(({ status }) => status === 'failed' || status === 'passed')?.status ?? '');
    });
  });
}

/** Tells of each hook; those whose absence their test did not see. */
export async function mutateLive(report: (line: string) => void, first = 0, last = HOOKS.length - 1): Promise<Hook[]> {
  const directory = mkdtempSync(join(tmpdir(), 'mutate-live-'));
  const missed: Hook[] = [];
  try {
    for (const [index, one] of HOOKS.entries()) {
      if (index < first || index > last) continue;
      const path = one.file;
      const text = readFileSync(join(projectRoot(), path), 'utf8');
      if (!text.includes(one.source)) throw new Error(`${path} does not have: ${one.source}`);
      const without = join(directory, 'without.json');
      writeFileSync(without, JSON.stringify({ [path]: text.replace(one.source, one.without) }));
      const verdict = await verdictOf(one, without, join(directory, 'report.json'));
      const noticed = verdict === 'failed' || verdict === 'stuck';
      if (!noticed) missed.push(one);
      report(`${index} ${noticed ? 'noticed' : 'MISSED '} ${one.what}: ${one.name}: ${verdict || 'did not run'}`);
    }
    return missed;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
