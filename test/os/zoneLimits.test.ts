// SPDX-License-Identifier: MIT
/**
 * What zones may have, on our machine and on QEMU: shares and caps of the processor hold, as the kernel counts it, and while the zones run they can be
 * changed; there are no more threads, processes and memory than the controls say. Expectations are resource_controls(7)'s and prctl(1)'s.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { systemWith } from './guestTests.ts';
import { type Image, typeOnOurs, typeOnQemu } from './session.ts';
import { typedBefore } from './typed.ts';

let image: Image;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zone-limits-'));
  image = { directory, ...(await systemWith(directory, ['limits'])), remove: () => rmSync(directory, { recursive: true }) };
}, 900_000);
afterAll(() => image.remove());

/** Time that the zones have used and when that was, as `zones:1:a:nsec_user` and the like. */
const LOOK = 'kstat -p zones';
const set = (control: string, value: number, zone: string): string => `prctl -n zone.${control} -r -v ${value} -i zone ${zone}`;

/** What memory zones have. */
const MEMORY = 'kstat -p memory_cap';
const COMMANDS = {
  configured:
    'zonecfg -z a "create; set zonepath=/zones/a; set cpu-shares=100; set max-lwps=60; add rctl; set name=zone.max-processes; add value (priv=privileged,limit=40,action=deny); end"; ' +
    'zonecfg -z b "create; set zonepath=/zones/b; set cpu-shares=300"; zonecfg -z a info cpu-shares; ' +
    'for z in a b; do zoneadm -z $z install; zoneadm -z $z boot; done; prctl -n zone.cpu-shares -i zone a; prctl -P -n zone.max-processes -t privileged -i zone a',
  unknown:
    'for c in zone.max-lofi zone.cpu-baseline zone.cpu-burst-time process.max-core-size; do zonecfg -z a "add rctl; set name=$c; add value (priv=privileged,limit=1,action=deny); end"; echo $?; prctl -n $c -r -v 1 -i zone a; echo $?; done; zonecfg -z a info rctl | grep -c name',
  // Both want more than there is. Before they are looked at first, they have caught up with each other.
  begun: 'zlogin a limits spin & zlogin b limits spin & limits wait a 300; true',
  shares: `${LOOK}; limits wait a 800; ${LOOK}`,
  sharesChanged: `${set('cpu-shares', 300, 'a')}; limits wait a 2000; ${LOOK}; limits wait a 800; ${LOOK}`,
  cap: `pkill -z b limits; ${set('cpu-cap', 20, 'a')}; sleep 1; ${LOOK}; sleep 3; ${LOOK}; kstat -p caps:1:cpucaps_zone_1`,
  capChanged: `${set('cpu-cap', 50, 'a')}; sleep 1; ${LOOK}; sleep 3; ${LOOK}; prctl -n zone.cpu-cap -x -i zone a`,
  uncapped: `${LOOK}; sleep 1; ${LOOK}; pkill -z a limits; true`,
  // Each program takes as much as it gets; what is in use before is a part of it.
  swap: `${set('max-swap', 64 << 20, 'a')}; ${MEMORY}; zlogin a limits hog 200; ${set('max-swap', 96 << 20, 'a')}; zlogin a limits hog 200; ${MEMORY}; zlogin b limits hog 100`,
  files:
    'zlogin a "dd if=/dev/zero of=/tmp/x bs=1024k count=200 2>/dev/null; ls -l /tmp/x"; kstat -p memory_cap:1:a:swap; zlogin a rm /tmp/x',
  physical: `prctl -n zone.max-swap -x -i zone a; ${set('max-physical-memory', 48 << 20, 'a')}; kstat -p memory_cap:1:a:rss; zlogin a limits hog 100 tell; kstat -p memory_cap:1:a; zlogin a svcs -H -o state | sort -u`,
  largest: `zlogin a limits hog 40 stay & until [ $(kstat -p memory_cap:1:a:rss | cut -f2) -gt 41943040 ]; do sleep 0.1; done; zlogin a limits hog 20; while pgrep -z a limits; do sleep 0.1; done; ${MEMORY}; zlogin a svcs -H -o state | sort -u`,
  views: 'zonememstat; zlogin a zonememstat -H; ppriv $$; zlogin a ppriv \\$\\$; ppriv -l basic',
  locked: `${set('max-locked-memory', 4 << 20, 'a')}; zlogin a limits lock 3; zlogin a limits lock 5; kstat -p caps:1:lockedmem_zone_1:usage`,
  processes: `zlogin a limits bomb & until [ $(kstat -p caps:1:nprocs_zone_1:usage | cut -f2) = 40 ]; do sleep 0.1; done; kstat -p caps:1:nprocs_zone_1:usage; zlogin a true; ${set('max-processes', 50, 'a')}; until [ $(kstat -p caps:1:nprocs_zone_1:usage | cut -f2) = 50 ]; do sleep 0.1; done; ${set('max-lwps', 45, 'a')}; ${set('max-processes', 99, 'a')}; sleep 1; kstat -p caps:1::usage; pkill -9 -z a limits; true`,
  ipc: `${set('max-shm-memory', 1 << 20, 'a')}; ${set('max-sem-ids', 5, 'a')}; ${set('max-msg-ids', 6, 'a')}; zlogin a limits ipc; ${set('max-shm-ids', 3, 'a')}; ${set('max-msg-ids', 7, 'a')}; zlogin a limits ipc; for i in shm-memory shm-ids sem-ids msg-ids; do prctl -n zone.max-$i -i zone a | grep usage; done; ipcs -b; zlogin a ipcs -b | grep -c 0x0`,
  ipcProcess: `zlogin a 'limits held; for i in sem-nsems=20 sem-ops=600 msg-qbytes=2m msg-messages=7; do prctl -n process.max-\${i%%=*} -r -v \${i#*=} $$; done; limits held; prctl -n process.max-msg-qbytes -t basic -v 3k $$; prctl -n process.max-msg-qbytes $$; limits held; prctl -n process.max-sem-nsems -r -v 40k $$; prctl -n project.max-sem-ids -i project 0; prctl -n project.max-sem-ids -r -v 3 -i project 0; limits ipc; prctl -n project.max-sem-ids -x -i project 0'; ${set('max-shm-ids', 9, 'a')}`,
  priorities:
    "priocntl -s -m 60 $$; for p in 0 30 60 -30 -60; do limits niced $p; done; priocntl -s -p 33 $$; priocntl -d $$; ps -o nice= -o class= -p $$; ps -c -p $$; nice -n 4 priocntl -d -i ppid $$; priocntl -s -m 0 $$; priocntl -l; dispadmin -l; dispadmin -d; dispadmin -d TS; priocntl -d 99999; zlogin a 'dispadmin -d; priocntl -s -c FSS -p 5 1; priocntl -d 1'; priocntl -d -i zoneid 0 1 | wc -l",
  shared: `prctl -n zone.max-shm-memory -x -i zone a; ${set('max-swap', 64 << 20, 'a')}; zlogin a limits shm 100; zlogin a limits shm 30; ${set('max-physical-memory', 24 << 20, 'a')}; zlogin a limits shm 30; zlogin a svcs -H -o state | sort -u`,
  alarmed: `zlogin a limits hog 12 stay & until [ $(kstat -p memory_cap:1:a:rss | cut -f2) -gt 12582912 ]; do sleep 0.1; done; ${set('max-physical-memory', 24 << 20, 'a')}; zlogin a limits alarmed 16; while pgrep -z a limits; do sleep 0.1; done; zlogin a svcs -H -o state | sort -u`,
  gone: 'zoneadm -z a halt; ipcs | grep -c 0x0; zoneadm -z b halt; kstat -p zones; kstat -p caps | cut -d: -f2 | sort -u; kstat -p memory_cap:::zonename',
};
const TIME_IN_ZFS = 'kstat -p zone_zfs:::rtime';
/** What a zone that uses up something leaves of the speed of another one, which has 99 times its shares. */
const work = 'zlogin b limits work 500';
/** Nobody else has any. */
const cleared = 'ipcs | while read t i r; do case $t in [mqs]) ipcrm -$t $i;; esac; done';
const hogging = (control: string, value: number, hog: string): string =>
  `${set(control, value, 'a')}; zlogin a limits ${hog} > /tmp/hog 2>&1 & sleep 1; ${work} > /tmp/work; pkill -9 -z a limits; while pgrep -z a limits > /tmp/none; do sleep 0.1; done; grep full /tmp/hog; cat /tmp/work; ` +
  `prctl -n zone.${control} -x -i zone a; ${cleared}`;
const NEIGHBOUR = {
  booted: `for z in a b; do zonecfg -z $z "create; set zonepath=/zones/$z"; zoneadm -z $z install; zoneadm -z $z boot; done; until zlogin b svcs console-login && zlogin a svcs console-login; do sleep 0.1; done`,
  // Here zones lie in a pool.
  files: `${set('zfs-io-priority', 100, 'a')}; ${set('zfs-io-priority', 300, 'b')}; (zlogin a limits write /var/w &); (zlogin b limits write /var/w &); sleep 0.5; ${TIME_IN_ZFS}; sleep 1; ${TIME_IN_ZFS}`,
  filesChanged: `${set('zfs-io-priority', 300, 'a')}; sleep 0.5; ${TIME_IN_ZFS}; sleep 1; ${TIME_IN_ZFS}; prctl -n zone.zfs-io-priority -i zone a | grep privileged; pkill limits; while pgrep limits; do sleep 0.1; done; zlogin a rm /var/w; zlogin b rm /var/w`,
  alone: `${set('cpu-shares', 10, 'a')}; ${set('cpu-shares', 990, 'b')}; ${work}`,
  processor: hogging('max-swap', 1 << 30, 'spin'),
  cap: hogging('cpu-cap', 5, 'spin'),
  processes: hogging('max-processes', 60, 'bomb'),
  threads: hogging('max-lwps', 60, 'bomb'),
  swap: hogging('max-swap', 64 << 20, 'burn'),
  physical: hogging('max-physical-memory', 64 << 20, 'burn'),
  locked: hogging('max-locked-memory', 16 << 20, 'exhaust lock'),
  sharedBytes: hogging('max-shm-memory', 4 << 20, 'exhaust bytes'),
  sharedIds: hogging('max-shm-ids', 100, 'exhaust shm'),
  semaphores: hogging('max-sem-ids', 100, 'exhaust sem'),
  queues: hogging('max-msg-ids', 100, 'exhaust msg'),
  io: hogging('zfs-io-priority', 1, 'write /var/w'),
};

interface Look {
  /** Nanoseconds that a zone has used. */
  readonly used: Record<string, number>;
  /** Seconds. */
  readonly at: Record<string, number>;
}
function looks(text: string): Look[] {
  const result: { used: Record<string, number>; at: Record<string, number> }[] = [];
  for (const [, zone, name, value] of text.matchAll(/^zones:\d+:(\w+):(nsec_user|nsec_sys|snaptime)\t([\d.]+)$/gm)) {
    let last = result.at(-1);
    // In each look the values come by name: the time is the last of a zone.
    if (!last || last.at[zone] !== undefined) result.push((last = { used: {}, at: {} }));
    if (name === 'snaptime') last.at[zone] = Number(value);
    else last.used[zone] = (last.used[zone] ?? 0) + Number(value);
  }
  return result;
}
/** What a zone has used between two looks, in seconds. */
const used = ([first, second]: Look[], zone: string): number => (second.used[zone] - first.used[zone]) / 1e9;
/** The same of the time between them. */
const part = (pair: Look[], zone: string): number => used(pair, zone) / (pair[1].at[zone] - pair[0].at[zone]);

const MEBIBYTE = 1 << 20;
/** The numbers behind a name, in order. */
function figures(text: string, name: string): number[] {
  return [...text.matchAll(new RegExp(`^${name}(?::\\s*|\\t)(-?\\d+)$`, 'gm'))].map(([, value]) => Number(value));
}

/** QEMU counts instructions for its time, or a busy host would be part of what is measured. */
const ON_QEMU = ['-icount', 'shift=1,sleep=off'];

describe.each([
  ['our machine', (commands: readonly string[]) => typeOnOurs(image, commands), true],
  ['QEMU', (commands: readonly string[]) => typeOnQemu(image, commands, undefined, ON_QEMU), haveOracles('qemu-system-x86_64')],
] as const)('on %s', (_name, type, present) => {
  const printed = typedBefore(COMMANDS, type, present, 300_000);
  const when = test.skipIf(!present);

  when('controls come from the configuration', () => {
    expect(printed('configured')).toContain('[cpu-shares: 100]\n');
    expect(printed('configured')).toMatch(/\nzone: 1: a\nNAME +PRIVILEGE +VALUE +FLAG +ACTION +RECIPIENT\nzone.cpu-shares\n/);
    expect(printed('configured')).toMatch(/\n +privileged +100 +- +none +-\n +system +65\.5K +max +none +-\n/);
    expect(printed('configured')).toContain('\nzone.max-processes privileged 40 - deny -\n');
  });
  when('what the kernel does not enforce cannot be configured, nor set', () => {
    const lines = printed('unknown').split('\n');
    for (const name of ['max-lofi', 'cpu-baseline', 'cpu-burst-time'])
      expect(lines.splice(0, 4)).toEqual([
        `zonecfg: 'zone.${name}' is not a valid zone rctl name.`,
        '1',
        `prctl: unknown resource control name: zone.${name}`,
        '1',
      ]);
    expect(lines[0]).toBe("zonecfg: 'process.max-core-size' is not a valid zone rctl name.");
    expect(lines.at(-2)).toBe('3');
  });
  when('shares of 1:3 give 1:3 under contention, and others when they are changed', () => {
    const pair = looks(printed('shares'));
    expect(used(pair, 'b') / used(pair, 'a')).toBeGreaterThan(2.7);
    expect(used(pair, 'b') / used(pair, 'a')).toBeLessThan(3.3);
    const changed = looks(printed('sharesChanged'));
    expect(used(changed, 'b') / used(changed, 'a')).toBeGreaterThan(0.9);
    expect(used(changed, 'b') / used(changed, 'a')).toBeLessThan(1.1);
  });
  when('a cap holds, and so does another one; without one a zone gets what there is', () => {
    expect(part(looks(printed('cap')), 'a')).toBeGreaterThan(0.18);
    expect(part(looks(printed('cap')), 'a')).toBeLessThan(0.22);
    expect(printed('cap')).toMatch(/^caps:1:cpucaps_zone_1:value\t20$/m);
    expect(part(looks(printed('capChanged')), 'a')).toBeGreaterThan(0.45);
    expect(part(looks(printed('capChanged')), 'a')).toBeLessThan(0.55);
    expect(part(looks(printed('uncapped')), 'a')).toBeGreaterThan(0.9);
  });
  when('a zone is promised no more memory than its swap, for programs and for files', () => {
    const [before] = figures(printed('swap'), 'memory_cap:1:a:swap');
    const [small, large, other] = figures(printed('swap'), 'hog');
    // A program has some of its own besides.
    expect(small * MEBIBYTE + before).toBeGreaterThan(0.9 * 64 * MEBIBYTE);
    expect(small * MEBIBYTE + before).toBeLessThanOrEqual(64 * MEBIBYTE);
    expect(large * MEBIBYTE + before).toBeGreaterThan(0.9 * 96 * MEBIBYTE);
    expect(large * MEBIBYTE + before).toBeLessThanOrEqual(96 * MEBIBYTE);
    expect(figures(printed('swap'), 'memory_cap:1:a:anon_alloc_fail')).toEqual([0, 2]);
    expect(other).toBe(100);
    const [swap] = figures(printed('files'), 'memory_cap:1:a:swap');
    expect(swap).toBeGreaterThan(0.95 * 96 * MEBIBYTE);
    expect(swap).toBeLessThanOrEqual(96 * MEBIBYTE);
  });
  when('at its cap of physical memory it loses the largest process, and not others', () => {
    const [before, after] = figures(printed('physical'), 'memory_cap:1:a:rss');
    const got = figures(printed('physical'), 'hog').at(-1) ?? 0;
    expect(got * MEBIBYTE + before).toBeGreaterThan(0.9 * 48 * MEBIBYTE);
    expect(got * MEBIBYTE + before).toBeLessThanOrEqual(48 * MEBIBYTE);
    expect(after).toBeLessThan(1.1 * before);
    expect(figures(printed('physical'), 'memory_cap:1:a:nover')[0]).toBeGreaterThan(0);
    expect(figures(printed('largest'), 'hog')).toEqual([40, 20]);
    for (const name of ['physical', 'largest'] as const) expect(printed(name)).toMatch(/\nonline\n(?!maintenance)/);
  });
  when('memory and privileges are shown, in a zone its own', () => {
    const lines = printed('views').split('\n');
    expect(lines[0].trim().split(/\s+/)).toEqual(['ZONE', 'RSS(MB)', 'CAP(MB)', 'NOVER', 'POUT(MB)', 'SWAP%']);
    expect(lines.slice(1, 5).map((line) => line.trim().split(/\s+/)[0])).toEqual(['global', 'a', 'b', 'a']);
    expect(lines[2]).toMatch(/^ +a +\d+ +48 +[1-9]\d* +0 +-$/);
    expect(printed('views')).toMatch(/^\d+:\t-bash\nflags = <none>\n\tE: all\n\tI: basic\n\tP: all\n\tL: all\n/m);
    expect(printed('views')).toMatch(/^\tE: zone\n\tI: basic\n\tP: zone\n\tL: zone\n/m);
    // The basic set of privileges(7).
    expect(printed('views')).toMatch(
      /\nfile_link_any\nfile_read\nfile_write\nnet_access\nproc_exec\nproc_fork\nproc_info\nproc_secflags\nproc_session\n$/,
    );
  });
  when('it locks no more than it may', () => {
    expect(printed('locked')).toBe('lock: 0\nlock: -11\ncaps:1:lockedmem_zone_1:usage\t0\n');
  });
  when('it has no more processes and threads than it may', () => {
    expect(figures(printed('processes'), 'caps:1:nprocs_zone_1:usage')).toEqual([40, 50]);
    expect(figures(printed('processes'), 'caps:1:lwps_zone_1:usage')).toEqual([50]);
  });
  when('it has no more segments, semaphores and queues than it may, by ids and by bytes', () => {
    const lines = printed('ipc').split('\n');
    // shmget(2): EINVAL for bytes, ENOSPC for ids; the first round left one of each.
    expect(lines.slice(0, 6)).toEqual(['shm: 16 -22', 'sem: 5 -28', 'msg: 6 -28', 'shm: 2 -28', 'sem: 4 -28', 'msg: 6 -28']);
    expect(lines.slice(6, 10).map((line) => line.trim().split(/\s+/)[1])).toEqual(['128KB', '2', '2', '2']);
    expect(lines[11]).toBe('T         ID      KEY        MODE        OWNER    GROUP QBYTES      SEGSZ NSEMS');
    expect(printed('ipc')).toMatch(/^m +\d+ {3}0x0 {8}--rw------- {5}root {5}root {6}65536$/m);
    expect(printed('ipc')).toMatch(/\n6\n/);
  });
  when('a process makes sets and queues as large as its own controls say, and a project as many as its', () => {
    const lines = printed('ipcProcess').split('\n');
    // illumos's defaults; semget(2), semop(2): EINVAL, E2BIG; msgsnd(2): EAGAIN, msgctl(2): EPERM to raise it without {PRIV_SYS_IPC_CONFIG}.
    const usual = ['semaphores: 512 -22', 'operations: 512 -7', 'messages: 8192 -11', 'kilobytes: 64 -11', 'set: -1'];
    expect(lines.slice(0, 5)).toEqual(usual);
    const other = ['semaphores: 20 -22', 'operations: 600 -7', 'messages: 7 -11', 'kilobytes: 7 -11', 'set: 0'];
    expect(lines.slice(5, 10)).toEqual(other);
    expect(lines.slice(12, 16).map((line) => line.trim().split(/\s+/).slice(0, 4))).toEqual([
      ['process.max-msg-qbytes'],
      ['basic', '3.00KB', '-', 'deny'],
      ['privileged', '2.00MB', '-', 'deny'],
      ['system', '16.0MB', 'max', 'deny'],
    ]);
    expect(lines[19]).toBe('kilobytes: 3 -11');
    expect(printed('ipcProcess')).toMatch(/^prctl: process.max-sem-nsems: Invalid argument$/m);
    expect(printed('ipcProcess')).toMatch(/^ +privileged +128 +- +deny/m);
    expect(printed('ipcProcess')).toMatch(/^sem: 1 -28$/m);
  });
  when('within a zone the processor goes by user priorities', () => {
    const text = printed('priorities');
    const shares = figures(text, 'niced');
    // Quanta are proportional to 40 less the nice value, 10 of which are 30 of the user priority: 20:20, 30:20, 40:20, 10:20, 1:20.
    [500, 600, 667, 333, 48].forEach((share, index) => {
      expect(shares[index]).toBeGreaterThan(share - 60);
      expect(shares[index]).toBeLessThan(share + 60);
    });
    expect(text).toMatch(/^FAIR SHARING PROCESSES:\n {4}PID {4}FSSUPRILIM {3}FSSUPRI\n +\d+ {7}60 {10}33\n 9 FSS\n/m);
    expect(text).toMatch(/^ {3}PID {2}CLS PRI TTY {9}TIME CMD\n +\d+ {2}FSS +\d+ \S+ +0:0\d \S+\n/m);
    // nice(2) sets both: 9 + 4 is 21 below 60's scale.
    expect(text).toMatch(/PID {4}FSSUPRILIM {3}FSSUPRI\n +\d+ {7}21 {10}21\n/);
    expect(text).toContain(
      '\nCONFIGURED CLASSES\n==================\n\nSYS (System Class)\n\nFSS (Fair Share)\n\tConfigured FSS User Priority Range: -60 through 60\n',
    );
    expect(text).toContain(
      '\nCONFIGURED CLASSES\n==================\n\nSYS\t(System Class)\nFSS\t(Fair Share)\nFSS\t(Fair Share)\n',
    );
    const rest = text.slice(text.indexOf('dispadmin: ')).split('\n');
    expect(rest.slice(0, 3)).toEqual([
      'dispadmin: Invalid or unconfigured class TS',
      'priocntl: Process(es) not found.',
      'dispadmin: Operation not supported in non-global zones',
    ]);
    expect(Number(rest.at(-2))).toBeGreaterThan(10);
  });
  when('shared memory is a part of its swap, and of its memory when it is touched', () => {
    const [refused, one] = figures(printed('shared'), 'shm');
    expect(refused).toBe(-12);
    expect(one).toBe(0);
    expect(figures(printed('shared'), 'rss')[0]).toBeGreaterThanOrEqual(30);
    // At its cap the process that touches it ends.
    expect(figures(printed('shared'), 'rss')).toHaveLength(1);
    expect(printed('shared')).toMatch(/\nonline\n(?!maintenance)/);
  });
  when('who waits for the end of a process that has to end sleeps, though a signal is pending', () => {
    expect(figures(printed('alarmed'), 'alarmed')).toEqual([16]);
    expect(printed('alarmed')).toMatch(/\nonline\n(?!maintenance)/);
  });
  when('when it goes, so do its statistics', () => {
    expect(printed('gone')).toMatch(/^0\n/);
    expect(printed('gone')).not.toMatch(/^zones:1:/m);
    expect(printed('gone')).toMatch(/\n0\nmemory_cap:0:global:zonename\tglobal\n/);
  });
});

// On our machine alone: in instructions of the guest, which are the same in every run.
describe('beside each other', () => {
  let outputs: string[] = [];
  beforeAll(async () => {
    ({ outputs } = await typeOnOurs(image, Object.values(NEIGHBOUR), ['--disk', 'mem:256M:pool'], 500));
  }, 520_000);
  const printed = (name: keyof typeof NEIGHBOUR): string => outputs[Object.keys(NEIGHBOUR).indexOf(name)];

  test('a zone that has used up what it may have slows its neighbour by less than a tenth', () => {
    const [alone, ...others] = outputs.flatMap((text) => figures(text, 'work'));
    // Each control that is not a weight alone, and both weights.
    expect(others).toHaveLength(12);
    console.log('compared to alone:', others.map((time) => (time / alone).toFixed(3)).join(' '));
    expect(Math.max(...others) / alone).toBeLessThan(1.1);
    // What asked for more was refused meanwhile: memcntl(2), shmget(2), semget(2), msgget(2).
    expect(outputs.flatMap((text) => figures(text, 'full'))).toEqual([-11, -22, -28, -28, -28]);
  });
  test('priorities of 1:3 give 1:3 of ZFS under contention, and others when they are changed', () => {
    const ratio = (text: string): number => {
      const [a, b] = [1, 2].map((zone) => figures(text, `zone_zfs:${zone}:[ab]:rtime`));
      return (b[1] - b[0]) / (a[1] - a[0]);
    };
    expect(ratio(printed('files'))).toBeGreaterThan(2.7);
    expect(ratio(printed('files'))).toBeLessThan(3.3);
    expect(ratio(printed('filesChanged'))).toBeGreaterThan(0.9);
    expect(ratio(printed('filesChanged'))).toBeLessThan(1.1);
    expect(printed('filesChanged')).toMatch(/\n +privileged +300 +- +none +-\n/);
  });
});
