// SPDX-License-Identifier: MIT
/**
 * Power cuts while vmadm creates, updates and deletes a VM, on our machine: the disk keeps what had been written up to some write, or only up to the last flush
 * before it, and a machine boots from it. There is then all of the VM or nothing of it, an update is done or not, and another VM is as it was.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlockBackend } from '../../emulator/device/virtio/block.ts';
import { Machine } from '../../emulator/host/library.ts';
import { Random } from '../../toolchain/translate/fuzz/random.ts';
import { testSeed } from '../support/seed.ts';
import { type System, systemWith } from './guestTests.ts';

const SIZE = 128 << 20;
const SECTOR = 512;
/** Cuts of each command. DIORAMA_CUTS asks for more. */
const CUTS = Number(process.env.DIORAMA_CUTS ?? 6);

/** A write, or a flush (without bytes). */
interface Event {
  readonly offset: number;
  readonly bytes: Uint8Array | undefined;
}

/** The pool's disk, which notes what happens to it. */
class TracedDisk implements BlockBackend {
  readonly sectors = SIZE / SECTOR;
  readonly readOnly = false;
  readonly serial = 'pool';
  readonly events: Event[] = [];
  constructor(readonly bytes: Uint8Array) {}
  read(sector: number, into: Uint8Array): void {
    into.set(this.bytes.subarray(sector * SECTOR, sector * SECTOR + into.length));
  }
  write(sector: number, from: Uint8Array): void {
    this.bytes.set(from, sector * SECTOR);
    this.events.push({ offset: sector * SECTOR, bytes: from.slice() });
  }
  flush(): void {
    this.events.push({ offset: 0, bytes: undefined });
  }
}

/** What a cut leaves behind the first `count` events: all that was written, or what a flush covers. */
function afterCut(base: Uint8Array, events: readonly Event[], count: number, keepsCache: boolean): Uint8Array {
  let end = count;
  if (!keepsCache) while (end > 0 && events[end - 1].bytes) end--;
  const bytes = base.slice();
  for (const { offset, bytes: written } of events.slice(0, end)) if (written) bytes.set(written, offset);
  return bytes;
}

let folder: string;
let system: System;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vmadm-crash-'));
  system = await systemWith(folder, []);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

const PROMPT = /\[root@\S+ \S+\]# $/;

class Session {
  readonly disk: TracedDisk;
  readonly machine: Machine;
  #output = '';
  constructor(bytes: Uint8Array) {
    this.disk = new TracedDisk(bytes);
    const { kernel, archive: initrd } = system;
    this.machine = Machine.boot({ kernel, initrd, append: 'console=ttya', memory: 256 << 20, disks: [this.disk] });
    this.machine.console.onOutput((byte) => {
      if (byte !== 13) this.#output += String.fromCharCode(byte);
    });
  }
  async login(): Promise<void> {
    await this.machine.console.expect(/login: $/);
    this.machine.console.send('root');
    await this.machine.console.expect(PROMPT);
    await this.run('set +o emacs');
    // Zones, and what is done before they boot, are among the last services.
    await this.run('until [ "$(svcs -H -o state zones)" = online ]; do sleep 0.1; done');
  }
  /** What a command prints. */
  async run(command: string): Promise<string> {
    this.#output = '';
    this.machine.console.send(command);
    await this.machine.console.expect(PROMPT);
    return this.#output.slice(this.#output.indexOf('\n') + 1).replace(/\[root@\S+ \S+\]# $/, '');
  }
}

const IMAGE = 'b12ef1c6-4ed9-4fb2-9fed-25a69d79f131';
const OTHER = '11111111-0000-4000-8000-000000000001';
const ONE = '22222222-0000-4000-8000-000000000002';
const payload = (uuid: string, more: object): string =>
  `echo '${JSON.stringify({ uuid, brand: 'joyent-minimal', image_uuid: IMAGE, ram: 64, quota: 1, autoboot: false, ...more })}' | vmadm create`;
const CREATE = payload(ONE, { alias: 'before', tags: { a: 'before' }, delegate_dataset: true });
const CHANGE = { alias: 'after', quota: 2, cpu_shares: 50, set_tags: { a: 'after' }, set_customer_metadata: { k: 'after' } };
const UPDATE = `echo '${JSON.stringify(CHANGE)}' | vmadm update ${ONE}`;
const DELETE = `vmadm delete ${ONE}`;

/** Everything there is of the VM, and of the other one. */
const TRACES = `ls -A /etc/zones /zones /var/zonecontrol | grep -c ${ONE}; zfs list -H -o name | grep -c ${ONE}; grep -c ${ONE} /etc/zones/index; zoneadm list -cp | grep -c ${ONE}`;
const VALUES = `vmadm get ${ONE} | json -j alias quota cpu_shares tags.a customer_metadata.k state`;
const NEIGHBOUR = `cat /zones/${OTHER}/root/root/file; vmadm get ${OTHER} | json alias state tags; ls /zones/${OTHER}/config`;
const NOTHING = '0\n0\n0\n0\n';
const BEFORE = '"before"\n1\n100\n"before"\n"stopped"\n';
const AFTER = '"after"\n2\n50\n"after"\n"after"\n"stopped"\n';

interface Trace {
  readonly base: Uint8Array;
  readonly events: readonly Event[];
}
const traces = new Map<string, Trace>();
let neighbour: string;

describe('after a cut', () => {
  beforeAll(async () => {
    const session = new Session(new Uint8Array(SIZE));
    await session.login();
    await session.run(`imgadm import -q ${IMAGE}`);
    expect(await session.run(payload(OTHER, { alias: 'other', tags: { keep: 'me' } }))).toContain('Successfully created');
    await session.run(`echo kept > /zones/${OTHER}/root/root/file; sync`);
    neighbour = await session.run(NEIGHBOUR);
    expect(neighbour).toMatch(/^kept\nother\nstopped\n/);
    const record = async (name: string, command: string, said: string): Promise<void> => {
      const base = session.disk.bytes.slice();
      session.disk.events.length = 0;
      expect(await session.run(command)).toContain(said);
      traces.set(name, { base, events: session.disk.events.slice() });
      await session.run('sync');
    };
    await record('create', CREATE, 'Successfully created');
    expect(await session.run(VALUES)).toBe(BEFORE);
    await record('update', UPDATE, 'Successfully updated');
    expect(await session.run(VALUES)).toBe(AFTER);
    await record('delete', DELETE, 'Successfully deleted');
    expect(await session.run(TRACES)).toBe(NOTHING);
  }, 600_000);

  /** Positions spread over a trace: its end, where the command had said that it was done, is always one. */
  function cutsOf(name: string): [number, boolean][] {
    const random = new Random(testSeed() + name.length);
    const count = traces.get(name)?.events.length ?? 0;
    return Array.from({ length: CUTS }, (_, index) => {
      const part = count / CUTS;
      const at = index === CUTS - 1 ? count : Math.floor(index * part + random.below(Math.ceil(part)));
      return [at, index % 2 === 1];
    });
  }
  async function reboot(
    name: string,
    count: number,
    keepsCache: boolean,
  ): Promise<{ traces: string; values: string; other: string }> {
    const { base, events } = traces.get(name) as Trace;
    const session = new Session(afterCut(base, events, count, keepsCache));
    await session.login();
    const result = { other: await session.run(NEIGHBOUR), traces: await session.run(TRACES), values: await session.run(VALUES) };
    session.machine.close();
    return result;
  }
  const missing = `zoneadm: ${ONE}: No such zone configured\n`;

  test('of create there is all of the VM or nothing', { timeout: 900_000 }, async () => {
    const seen = new Set<boolean>();
    for (const [count, keeps] of cutsOf('create')) {
      const found = await reboot('create', count, keeps);
      const where = `${count} of ${traces.get('create')?.events.length}, cache ${keeps ? 'kept' : 'lost'}`;
      expect(found.other, where).toBe(neighbour);
      const isThere = found.traces !== NOTHING;
      seen.add(isThere);
      expect(found.values, where).toBe(isThere ? BEFORE : missing);
    }
    // It had said that it was done.
    expect(seen.has(true)).toBe(true);
  });
  test('of update there is all or nothing', { timeout: 900_000 }, async () => {
    for (const [count, keeps] of cutsOf('update')) {
      const found = await reboot('update', count, keeps);
      const where = `${count} of ${traces.get('update')?.events.length}, cache ${keeps ? 'kept' : 'lost'}`;
      expect(found.other, where).toBe(neighbour);
      expect([BEFORE, AFTER], where).toContain(found.values);
    }
  });
  test('of delete the VM is whole or gone', { timeout: 900_000 }, async () => {
    for (const [count, keeps] of cutsOf('delete')) {
      const found = await reboot('delete', count, keeps);
      const where = `${count} of ${traces.get('delete')?.events.length}, cache ${keeps ? 'kept' : 'lost'}`;
      expect(found.other, where).toBe(neighbour);
      if (found.traces === NOTHING) expect(found.values, where).toBe(missing);
      else expect(found.values, where).toBe(AFTER);
    }
  });
});
