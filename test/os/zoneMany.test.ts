// SPDX-License-Identifier: MIT
/**
 * Many zones on our machine: each takes little memory and as long to boot as the first, and what they had is there again when they are gone; so it is after
 * being booted and halted again and again. A sample; all of it: `ZONES=20 CYCLES=1000 npx vitest run --project system test/os/zoneMany.test.ts`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, type Image, typeOnOurs } from './session.ts';

const ZONES = Number(process.env.ZONES ?? 4);
const CYCLES = Number(process.env.CYCLES ?? 3);
/** Seconds that the run may take. */
const PATIENCE = 600 + ZONES * 60 + CYCLES * 20;

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 900_000);
afterAll(() => image.remove());

/** Before a look what has ended is swept up, and what is to be written is written. */
const SCRIPT = [
  'now() { kstat -p unix:0:system_misc:snaptime | cut -f2; }',
  'free() { kstat -p unix:0:system_pages:freemem | cut -f2; }',
  'up() { until [ "$(zlogin $1 svcs -H -o state console-login 2>/dev/null)" = online ]; do sleep 0.01; done; }',
  'look() { sync; sleep 6; echo look $(free) $(kstat -p | cut -d: -f1-3 | sort -u | wc -l) $(zfs list -H | wc -l) $(ps -e | wc -l) $(mount | wc -l); }',
  'add() { zonecfg -z $1 "create; set zonepath=/zones/$1"; zoneadm -z $1 install >/dev/null 2>&1; t=$(now); zoneadm -z $1 boot; up $1; echo zone $(echo $(now) $t | awk "{ print \\$1 - \\$2 }") $(kstat -p memory_cap::$1:rss | cut -f2); }',
  'gone() { zoneadm -z $1 halt; zoneadm -z $1 uninstall -F; zonecfg -z $1 delete -F; }',
  'cycle() { zonecfg -z c "create; set zonepath=/zones/c"; zoneadm -z c install >/dev/null 2>&1; zoneadm -z c boot; gone c; }',
  // What the first ones leave in caches stays there.
  `i=0; while [ $((i+=1)) -le ${ZONES} ]; do add w$i; done; i=0; while [ $((i+=1)) -le ${ZONES} ]; do gone w$i; done`,
  'cycle; cycle; look',
  `i=0; while [ $((i+=1)) -le ${ZONES} ]; do add z$i; done; look`,
  `i=0; while [ $((i+=1)) -le ${ZONES} ]; do gone z$i; done; look`,
  `i=0; while [ $((i+=1)) -le ${CYCLES} ]; do cycle; done; look`,
];

interface Look {
  readonly free: number;
  readonly kstats: number;
  readonly datasets: number;
  readonly processes: number;
  readonly mounts: number;
}

test('zones come and go, and leave nothing', { timeout: PATIENCE * 2000 }, async () => {
  const { outputs } = await typeOnOurs(image, SCRIPT, ['--memory', '1G'], PATIENCE);
  const text = outputs.join('');
  const looks = [...text.matchAll(/^look (\d+) (\d+) (\d+) (\d+) (\d+)$/gm)].map(
    ([, free, kstats, datasets, processes, mounts]): Look => ({
      free: Number(free),
      kstats: Number(kstats),
      datasets: Number(datasets),
      processes: Number(processes),
      mounts: Number(mounts),
    }),
  );
  const zones = [...text.matchAll(/^zone ([\d.]+) (\d+)$/gm)].map(([, time, rss]) => ({ time: Number(time), rss: Number(rss) }));
  expect(looks).toHaveLength(4);
  expect(zones).toHaveLength(2 * ZONES);
  const [before, full, after, last] = looks;
  for (const { rss } of zones) expect(rss).toBeLessThanOrEqual(4 << 20);
  for (const { free, ...counted } of [after, last]) {
    const { free: was, ...then } = before;
    expect(counted).toEqual(then);
    // Page frames: a cache may have some more of them, but not from each zone.
    expect(was - free).toBeLessThan(256);
  }
  expect(full.kstats).toBeGreaterThan(before.kstats + 6 * ZONES - 1);
  console.log(`zones: ${zones.map(({ time, rss }) => `${time} s ${rss >> 10} KiB`).join(', ')}; ${JSON.stringify(looks)}`);
});
