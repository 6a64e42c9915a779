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
import { type Image, type Session, typeOnOurs, typeOnQemu } from './session.ts';

let image: Image;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zone-limits-'));
  image = { directory, ...(await systemWith(directory, ['limits'])), remove: () => rmSync(directory, { recursive: true }) };
}, 900_000);
afterAll(() => image.remove());

/** Time that the zones have used and when that was, as `zones:1:a:nsec_user` and the like. */
const LOOK = 'kstat -p zones';
const set = (control: string, value: number, zone: string): string => `prctl -n zone.${control} -r -v ${value} -i zone ${zone}`;

const COMMANDS = {
  configured:
    'zonecfg -z a "create; set zonepath=/zones/a; set cpu-shares=100; set max-lwps=60; add rctl; set name=zone.max-processes; add value (priv=privileged,limit=40,action=deny); end"; ' +
    'zonecfg -z b "create; set zonepath=/zones/b; set cpu-shares=300"; zonecfg -z a info cpu-shares; ' +
    'for z in a b; do zoneadm -z $z install; zoneadm -z $z boot; done; prctl -n zone.cpu-shares -i zone a; prctl -P -n zone.max-processes -t privileged -i zone a',
  // Both want more than there is. Before they are looked at first, they have caught up with each other.
  begun: 'zlogin a limits spin & zlogin b limits spin & limits wait a 500; true',
  shares: `${LOOK}; limits wait a 1500; ${LOOK}`,
  sharesChanged: `${set('cpu-shares', 300, 'a')}; limits wait a 1500; ${LOOK}; limits wait a 1500; ${LOOK}`,
  cap: `pkill -z b limits; ${set('cpu-cap', 20, 'a')}; sleep 1; ${LOOK}; sleep 5; ${LOOK}; kstat -p caps:1:cpucaps_zone_1`,
  capChanged: `${set('cpu-cap', 50, 'a')}; sleep 1; ${LOOK}; sleep 5; ${LOOK}; prctl -n zone.cpu-cap -x -i zone a`,
  uncapped: `${LOOK}; sleep 2; ${LOOK}; pkill -z a limits; true`,
};
const NAMES = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];

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

/** QEMU counts instructions for its time, or a busy host would be part of what is measured. */
const ON_QEMU = ['-icount', 'shift=1,sleep=off'];

describe.each([
  ['our machine', (commands: string[]) => typeOnOurs(image, commands), true],
  ['QEMU', (commands: string[]) => typeOnQemu(image, commands, undefined, ON_QEMU), haveOracles('qemu-system-x86_64')],
] as const)('on %s', (_name, type, present) => {
  let session: Session;
  const printed = (name: keyof typeof COMMANDS): string => session.outputs[NAMES.indexOf(name)];
  beforeAll(async () => {
    if (present) session = await type(Object.values(COMMANDS));
  }, 300_000);
  const when = test.skipIf(!present);

  when('controls come from the configuration', () => {
    expect(printed('configured')).toContain('[cpu-shares: 100]\n');
    expect(printed('configured')).toMatch(/\nzone: 1: a\nNAME +PRIVILEGE +VALUE +FLAG +ACTION +RECIPIENT\nzone.cpu-shares\n/);
    expect(printed('configured')).toMatch(/\n +privileged +100 +- +none +-\n +system +65\.5K +max +none +-\n/);
    expect(printed('configured')).toContain('\nzone.max-processes privileged 40 - deny -\n');
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
});
