// SPDX-License-Identifier: MIT
/**
 * @fileoverview Lets the power fail during a load on a pool, at many instants, and looks at what comes back.
 *
 * After each cut the pool is found and imported, its files hold what they are to hold (model.ts), it can be exported again, and for some cuts OpenZFS's
 * zdb reads every block of the disks as the failure left them, and of the result.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Disk, loadZfs, type Zfs } from '../../toolchain/zfs/host.ts';
import { openZfs } from '../../tools/oracles.js';
import { randomFrom, readContents, runLoad } from './load.ts';
import { type Point, problemAfter } from './model.ts';
import { contentsOf, FATES, type Fate, Replay, Trace } from './tracedDisk.ts';

const LATEST = 0xffff_ffff_ffff_ffffn;
const DISK_SIZE = 64 << 20;

export interface CrashOptions {
  /** `d0`, `mirror d0 d1`, `raidz1 d0 d1 d2`… */
  layout: string;
  seed: number;
  /** Transaction groups of the load. */
  groups: number;
  /** How many cuts; as many as there are events unless given. */
  cuts?: number;
  /** zdb judges so many of them. */
  judged?: number;
}

export interface CrashResult {
  events: number;
  cuts: number;
  judged: number;
  /** A line for each cut after which something was wrong. */
  failures: string[];
}

export async function crash({ layout, seed, groups, cuts, judged = 0 }: CrashOptions): Promise<CrashResult> {
  const folder = mkdtempSync(join(tmpdir(), 'crash-'));
  try {
    const names = layout.split(' ').filter((word) => /^d\d$/.test(word));
    const paths = names.map((name) => join(folder, name));
    const trace = new Trace(paths, DISK_SIZE);
    const disks = [...trace.disks];
    // It looks at its list of disks at each access, so that each cut puts others in their place.
    const zfs = await loadZfs(disks);
    const points = runLoad(
      zfs,
      trace,
      layout.replace(/d\d/g, (name) => join(folder, name)),
      seed,
      groups,
    );
    zfs.call('abandon');

    const replay = new Replay(trace);
    const random = randomFrom(seed + 1);
    const chosen = chooseCuts(trace, points[0].events, cuts);
    const count = chosen.length;
    const result: CrashResult = { events: trace.events.length, cuts: count, judged: 0, failures: [] };
    for (const [index, cut] of chosen.entries()) {
      const fate = FATES[index % FATES.length];
      const survivors = replay.afterCut(cut, fate, random);
      disks.splice(0, disks.length, ...survivors);
      const where = `seed ${seed}, ${layout}, cut at event ${cut} of ${trace.events.length}, unflushed writes ${fate}`;
      const isJudged = isChosen(index, count, judged);
      const complaints = isJudged ? [judge(folder, survivors, `${where}, as it was left`)] : [];
      const problem = examine(zfs, paths, points, cut);
      complaints.push(problem && `${where}: ${problem}`);
      if (isJudged) {
        if (!problem) complaints.push(judge(folder, survivors, where));
        result.judged++;
      }
      result.failures.push(...complaints.filter((complaint) => complaint !== undefined));
    }
    return result;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Events before which the power fails: all, or `count` of them, half of these evenly spread and half just before flushes, when most is at
 * stake.
 */
function chooseCuts(trace: Trace, first: number, count: number | undefined): number[] {
  const all = Array.from({ length: trace.events.length - first }, (_, index) => first + 1 + index);
  if (count === undefined) return all;
  const beforeFlushes = all.filter((cut) => cut < trace.events.length && !trace.events[cut].bytes && trace.events[cut - 1].bytes);
  const spread = <T>(from: readonly T[], wanted: number): T[] =>
    Array.from({ length: Math.min(wanted, from.length) }, (_, index) => from[Math.floor((index * from.length) / wanted)]);
  const cuts = new Set([...spread(beforeFlushes, count >> 1), ...spread(all, count - (count >> 1))]);
  return [...cuts].sort((a, b) => a - b);
}

const isChosen = (index: number, count: number, wanted: number): boolean =>
  Math.floor(((index + 1) * wanted) / count) > Math.floor((index * wanted) / count);

/** What is wrong after a cut; undefined if nothing is. The pool is exported again. */
function examine(zfs: Zfs, paths: readonly string[], points: readonly Point[], cut: number): string | undefined {
  if (zfs.call('search', paths.join(' ')) !== 1) return 'no pool is found';
  const imported = zfs.call('importFound', 0, 1, LATEST);
  if (imported < 0) return `import: ${imported} ${zfs.guest.text(zfs.guest.call('answer') as number)}`;
  let problem: string | undefined;
  try {
    problem = problemAfter(points, cut, readContents(zfs));
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const exported = zfs.call('exportPool');
  return problem ?? (exported < 0 ? `export: ${exported}` : undefined);
}

function judge(folder: string, disks: readonly Disk[], where: string): string | undefined {
  const zdb = openZfs();
  if (!zdb) return undefined;
  for (const disk of disks) writeFileSync(join(folder, basename(disk.path)), contentsOf(disk));
  const { status, output } = zdb('zdb', ['-e', '-p', folder, '-bcc', 'tank']);
  const isContent = status === 0 && output.includes('No leaks (block sum matches space maps exactly)');
  return isContent ? undefined : `${where}: zdb (exit ${status}): ${output.slice(-1000)}`;
}

export type { Fate };
