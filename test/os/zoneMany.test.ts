// SPDX-License-Identifier: MIT
/**
 * Many zones on our machine: each takes little memory and as long to boot as the first, and what they had is there again when they are gone; so it is after
 * being made, booted and deleted again and again. Time is counted in instructions, of which the machine executes one a nanosecond: the same in every run.
 *
 * All of it is there with more cycles: `CYCLES=1000 npx vitest run --project system test/os/zoneMany.test.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Machine, MemoryDisk } from '../../emulator/host/library.ts';
import { buildImage, type Image, LOGIN, PROMPT } from './session.ts';

const ZONES = Number(process.env.ZONES ?? 20);
const CYCLES = Number(process.env.CYCLES ?? 5);
const MEBIBYTE = 1 << 20;
const PAGE = 4096;
/** Minutes that this may take at most: what it does takes a second of a fast host for each zone and each cycle. */
const PATIENCE = (30 + ZONES + CYCLES / 2) * 60_000;

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 900_000);
afterAll(() => image.remove());

class Session {
  readonly machine: Machine;
  #output = '';
  constructor({ kernel, archive: initrd }: Image) {
    const disk = new MemoryDisk('pool', { sectors: 2 ** 23, serial: 'pool' });
    this.machine = Machine.boot({ kernel, initrd, append: 'console=ttya', memory: 2 ** 30, disks: [disk] });
    this.machine.console.onOutput((byte) => {
      if (byte !== 13) this.#output += String.fromCharCode(byte);
    });
  }
  /** What a command prints. */
  async run(command: string): Promise<string> {
    this.#output = '';
    this.machine.console.send(command);
    await this.machine.console.expect(PROMPT);
    return this.#output.slice(this.#output.indexOf('\n') + 1).replace(PROMPT, '');
  }
  async login(): Promise<void> {
    await this.machine.console.expect(LOGIN);
    await this.run('root');
    // The terminal edits lines: they are echoed once.
    await this.run('set +o emacs');
  }
  async figure(statistic: string): Promise<number> {
    return Number((await this.run(`kstat -p ${statistic} | cut -f2`)).trim());
  }
}

/** What there is of the system, but for memory. */
const THERE = {
  kstats: 'kstat -p | cut -d: -f1-3 | sort -u',
  datasets: 'zfs list -H -o name',
  processes: 'ps -eo args | grep -v "ps -eo" | sort',
  threads: 'kstat -p unix:0:processes:threads | cut -f2',
  mounts: 'mount | sed "s/ on ... ... .*//"',
  contracts: 'ls /system/contract/process | wc -l',
  zones: 'zoneadm list -c',
  files: 'ls -A /zones /var/run/zones /etc/zones',
} as const;

interface Look {
  readonly free: number;
  /** Bytes of the pool. */
  readonly used: number;
  readonly there: Record<string, string>;
}

/** Before a look, what has ended is swept up, and what is to be written is written. */
async function look(session: Session): Promise<Look> {
  await session.run('sync; sleep 6; sync');
  const there: Record<string, string> = {};
  for (const [name, command] of Object.entries(THERE)) there[name] = await session.run(command);
  const used = Number((await session.run('zfs get -Hp -o value used zones')).trim());
  return { free: await session.figure('unix:0:system_pages:freemem'), used, there };
}

const make = (zone: string): string =>
  `zonecfg -z ${zone} "create; set zonepath=/zones/${zone}"; zoneadm -z ${zone} install >/dev/null 2>&1`;
const remove = (zone: string): string => `zoneadm -z ${zone} halt; zoneadm -z ${zone} uninstall -F; zonecfg -z ${zone} delete -F`;

test('zones come and go, and leave nothing', { timeout: PATIENCE }, async () => {
  const session = new Session(image);
  const { machine } = session;
  await session.login();
  const names = Array.from({ length: ZONES }, (_, index) => `z${index + 1}`);
  /** Instructions until all services of a zone run and all is quiet again. */
  const boot = async (zone: string): Promise<number> => {
    const before = machine.instructions;
    await session.run(`zoneadm -z ${zone} boot; sleep 1; sync`);
    const cost = machine.instructions - before;
    expect(await session.run(`zlogin ${zone} svcs -H -o state console-login`)).toBe('online\n');
    return cost;
  };
  // What the first ones leave in caches stays there.
  for (const name of ['first', 'second']) {
    await session.run(make(name));
    await boot(name);
    await session.run(remove(name));
  }
  const before = await look(session);

  for (const name of names) await session.run(make(name));
  const costs: number[] = [];
  const used = async (): Promise<number> =>
    (await session.figure('unix:0:heap:size')) - PAGE * (await session.figure('unix:0:system_pages:freemem'));
  const usedBefore = await used();
  const own: number[] = [];
  for (const name of names) {
    costs.push(await boot(name));
    own.push(await session.figure(`memory_cap::${name}:rss`));
  }
  const all = ((await used()) - usedBefore) / ZONES / MEBIBYTE;
  const full = await look(session);
  const millions = costs.map((cost) => Math.round(cost / 1e6));
  console.log(`zones: ${millions.join(', ')} million instructions to boot; ${all.toFixed(2)} MiB each, of which own`, own);
  for (const bytes of own) expect(bytes).toBeLessThanOrEqual(4 * MEBIBYTE);
  // And with all that the kernel has for it.
  expect(all).toBeLessThan(4);
  for (const cost of costs) expect(cost).toBeLessThan(costs[0] * 1.1);
  expect(full.there.kstats.split('\n').length).toBeGreaterThanOrEqual(before.there.kstats.split('\n').length + 7 * ZONES);
  expect(full.used).toBeGreaterThan(before.used + ZONES * 4096);

  for (const name of names) await session.run(remove(name));
  const after = await look(session);
  expect(after.there).toEqual(before.there);

  let now = machine.instructions;
  const rates: number[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    await session.run(`${make('c')}; zoneadm -z c boot; ${remove('c')}`);
    if (cycle % 50) continue;
    rates.push(Math.round((machine.instructions - now) / 50e6));
    now = machine.instructions;
    console.log(`${cycle} cycles, ${rates.at(-1)} million instructions each`);
  }
  const last = await look(session);
  expect(last.there).toEqual(before.there);
  console.log(`free pages: ${[before, after, last].map((at) => at.free)}`);
  // Page frames: 16 stacks of the kernel are kept for the next threads, of 7 each; owners of frames are counted in tables, of which there are two for
  // each 8 MiB that have been in use at once.
  for (const at of [after, last]) {
    expect(before.free - at.free).toBeLessThan(16 * 7 + 16);
    expect(at.used).toBeLessThan(before.used + MEBIBYTE);
  }
  machine.close();
});
