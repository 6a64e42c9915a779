// SPDX-License-Identifier: MIT
/**
 * @fileoverview Zone checks of the kernel, taken out one at a time: the kernel is built without it and booted on our machine, and the ways out that a zone's
 * root tries (guest-os/test/escape) must find that one is open. `node tools/mutateZones.js [FIRST [LAST]]`.
 *
 * A check is a piece of source and what is there instead when it is gone. A piece that is not found any more is an error, so the table stays true.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { buildProgram } from '../../toolchain/build/program.ts';
import { type System, systemWith } from '../os/guestTests.ts';
import { typeOnOurs } from '../os/session.ts';

interface Check {
  /** Below guest-os. */
  readonly file: string;
  readonly source: string;
  readonly without: string;
}
const check = (file: string, source: string, without: string): Check => ({ file, source, without });
/** A process is looked up by number: outside of the zone there is none. */
const SEES = '!caller.credentials.sees(process.credentials.zoneid)';

export const CHECKS: readonly Check[] = [
  check('kernel/process/credentials.ts', 'return this.zoneid == GLOBAL_ZONE || this.zoneid == zoneid;', 'return true;'),
  check('kernel/process/credentials.ts', 'copy.limit = this.limit.and(privileges);', 'copy.limit = this.limit;'),
  check('kernel/zone/zoneLife.ts', 'credentials.zoneid == GLOBAL_ZONE && credentials.has(PRIV_SYS_CONFIG)', 'true'),
  check(
    'syscall/zone.ts',
    'credentials.zoneid != GLOBAL_ZONE || !credentials.has(PRIV_PROC_ZONE) || !mayConfigureZones()',
    'false',
  ),
  check('syscall/zone.ts', 'if (!mayConfigureZones()) return setError(EPERM);', ''),
  check('syscall/zone.ts', 'currentProcess().credentials.sees(id) ? findZone(id) : null', 'findZone(id)'),
  check('syscall/corectl.ts', 'caller.credentials.zoneid == GLOBAL_ZONE && ', ''),
  check('syscall/corectl.ts', ' && currentProcess().credentials.sees(process.credentials.zoneid)', ''),
  check('syscall/ucredsys.ts', ' || !currentProcess().credentials.sees(process.credentials.zoneid)', ''),
  check('syscall/priocntlsys.ts', ' || !caller.credentials.sees(process.credentials.zoneid)', ''),
  check('syscall/kill.ts', `if (${SEES}) return setError(ESRCH);`, ''),
  check('syscall/kill.ts', ` || ${SEES}`, ''),
  check('syscall/sigqueue.ts', 'if (!caller.sees(process.credentials.zoneid)) return setError(ESRCH);', ''),
  check('syscall/pgrpsys.ts', `if (${SEES}) return setError(ESRCH);`, ''),
  check('syscall/sigsendsys.ts', ` || ${SEES}`, ''),
  check('syscall/rctlsys.ts', ' && caller.credentials.sees(process.credentials.zoneid)', ''),
  check('syscall/rctlsys.ts', 'zone && caller.credentials.sees(id)', 'zone'),
  check('syscall/rctlsys.ts', ' || !caller.credentials.sees(project.zone.id)', ''),
  check('syscall/rctlsys.ts', 'if (control.entity == ENTITY_ZONE && credentials.zoneid) return setError(EPERM);', ''),
  check('syscall/umount2.ts', ' && credentials.sees(vnode.fileSystem.zoneid)', ''),
  check('syscall/mount.ts', 'flags & MS_REMOUNT && !process.credentials.sees(directory.fileSystem.zoneid)', 'false'),
  check('syscall/uadmin.ts', 'command != A_REBOOT && command != A_SHUTDOWN', 'false'),
  check('fs/mount.ts', 'zone != globalZone && !mayMount(zone, type)', 'false'),
  check('fs/mount.ts', 'type.zones == IF_ALLOWED && zone.fsAllowed.includes(type.name)', 'type.zones == IF_ALLOWED'),
  check('fs/mount.ts', 'type.zones == IF_ALLOWED && zone', 'zone'),
  check('fs/mount.ts', 'if (found.zoneid != zoneid && zoneid != GLOBAL_ZONE) continue;', ''),
  check('fs/names.ts', ' && !credentials.isPrivileged', ' && false'),
  check('fs/lookup.ts', 'this.zoneRoot = zoneOf(credentials.zoneid).root;', 'this.zoneRoot = null;'),
  check('fs/proc/procfs.ts', 'if (!caller.sees(process.credentials.zoneid)) return false;', ''),
  check('fs/ctfs.ts', ' || !currentProcess().credentials.sees(contract.zoneid)', ''),
  check('kernel/ipc/objects.ts', ' && currentProcess().credentials.sees(found.zoneid)', ''),
  check('kernel/ipc/objects.ts', ' && one.zoneid == zoneid) return one', ') return one'),
  check('kernel/ipc/objects.ts', 'one && credentials.sees(one.zoneid)', 'one'),
  check('driver/pty.ts', ' && !mayConfigureZones()', ' && false'),
  check('driver/kstat.ts', 'kstat.zoneid < 0 || currentProcess().credentials.sees(kstat.zoneid)', 'true'),
  check('syscall/stime.ts', 'if (!currentProcess().credentials.has(PRIV_SYS_TIME)) return setError(EPERM);', ''),
  check('syscall/clock_settime.ts', 'if (!currentProcess().credentials.has(PRIV_SYS_TIME)) return setError(EPERM);', ''),
  check('syscall/p_online.ts', 'if (!currentProcess().credentials.has(PRIV_SYS_RES_CONFIG)) return setError(EPERM);', ''),
  check('syscall/privsys.ts', 'if (which == EFFECTIVE && !permitted.includes(after)) return setError(EPERM);', ''),
  check(
    'syscall/privsys.ts',
    'if ((which == PERMITTED || which == LIMIT) && !before.includes(after)) return setError(EPERM);',
    '',
  ),
];

const KERNEL = { name: 'unix', target: 'kernel', entry: 'guest-os/boot/unix.ts', heapBytes: 16 << 20 } as const;
/** A zone beside the one that its root tries to leave, and a process outside. */
const COMMANDS = [
  'for z in z1 z2; do zonecfg -z $z "create; set zonepath=/zones/$z; set fs-allowed=dev,mntfs"; zoneadm -z $z install; done; mkdir /zones/z1/root/outside; mount -F tmpfs foreign /zones/z1/root/outside; : > /zones/z1/root/outside/file; zoneadm -z z2 ready; zoneadm -z z1 boot',
  'escape project & p=$!; zlogin z1 "escape $p $(zoneadm -z z2 list -p | cut -d: -f1) $(escape make)"; kill $p && echo alive',
];

/** What the ways out said: `N checks, M failed`; nothing: they did not get to the end. */
async function tryOut(system: System): Promise<{ readonly verdict: string; readonly open: string[] }> {
  const { outputs } = await typeOnOurs(system, COMMANDS);
  const text = outputs.join('');
  const verdict = /^\d+ checks, \d+ failed$/m.exec(text)?.[0] ?? '';
  return {
    verdict: /^alive$/m.test(text) ? verdict : '',
    open: [...text.matchAll(/^FAILED (.*)$/gm)].map(([, what]) => what),
  };
}

/** Tells of each check; those that nobody missed. */
export async function mutateZones(report: (line: string) => void, first = 0, last = CHECKS.length - 1): Promise<Check[]> {
  const directory = mkdtempSync(join(tmpdir(), 'mutate-zones-'));
  try {
    const system = await systemWith(directory, ['escape']);
    const whole = await tryOut(system);
    report(`with all checks: ${whole.verdict || 'no verdict'}`);
    if (!whole.verdict.endsWith(' 0 failed')) throw new Error('the ways out are not all closed to begin with');
    const missed: Check[] = [];
    for (const [index, { file, source, without }] of CHECKS.entries()) {
      if (index < first || index > last) continue;
      const path = `guest-os/${file}`;
      const text = readFileSync(join(projectRoot(), path), 'utf8');
      if (!text.includes(source)) throw new Error(`${path} does not have: ${source}`);
      const overlay = new Map([[path, text.replace(source, without)]]);
      const { image } = await buildProgram(KERNEL, { stamp: { name: 'diorama_mutant', time: 0 }, overlay });
      const kernel = join(directory, 'unix.mutant');
      writeFileSync(kernel, image);
      const { verdict, open } = await tryOut({ ...system, kernel });
      const found = !verdict.endsWith(' 0 failed');
      if (!found) missed.push(CHECKS[index]);
      report(
        `${index} ${found ? 'noticed' : 'MISSED '} ${file}: ${source}: ${verdict || 'the run broke off'}; ${open.slice(0, 3).join('; ')}`,
      );
    }
    return missed;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
