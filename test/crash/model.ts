// SPDX-License-Identifier: MIT
/**
 * @fileoverview What files may hold after a power failure.
 *
 * What was done since the last transaction group is there only if fsync promised it: all that had been done to names by then, in order, and what had
 * been done to the contents of the file itself. While a promise is being written, a part of it may be there, from its beginning on.
 */

/** Names, by `dataset/name`, of files that are numbers; and what those hold. */
export class State {
  readonly names: Map<string, number>;
  readonly bytes: Map<number, Buffer>;

  constructor(from?: State) {
    this.names = new Map(from?.names);
    this.bytes = new Map(from?.bytes);
  }
}

/** Something that was done. */
export interface Change {
  readonly dataset: string;
  /** Whose contents it changes; undefined: names. */
  readonly file?: number;
  apply(state: State): void;
}

/** A moment from which on something is sure: after so many events of the disks. */
export interface Point {
  events: number;
  /** Is a transaction group complete? Otherwise a promise is. */
  readonly isGroup: boolean;
  readonly state: State;
  /** States on the way from the one before, if this is a promise. */
  readonly steps: readonly State[];
}

export type Contents = ReadonlyMap<string, Buffer>;

/** Keeps what is, what is sure, and what was done since. */
export class Model {
  readonly now = new State();
  readonly points: Point[] = [];
  #sure = new State();
  #pending: Change[] = [];

  do(change: Change): void {
    change.apply(this.now);
    this.#pending.push(change);
  }
  /** A file is gone: what was done to its contents is never promised. */
  forget(file: number): void {
    this.#pending = this.#pending.filter((change) => change.file !== file);
  }
  groupComplete(events: number): void {
    this.#pending = [];
    this.#sure = new State(this.now);
    this.points.push({ events, isGroup: true, state: this.#sure, steps: [] });
  }
  promised(events: number, dataset: string, file: number): void {
    const isMeant = (change: Change): boolean =>
      change.dataset === dataset && (change.file === undefined || change.file === file);
    const steps = [this.#sure];
    for (const change of this.#pending.filter(isMeant)) {
      const next = new State(steps[steps.length - 1]);
      change.apply(next);
      steps.push(next);
    }
    this.#pending = this.#pending.filter((change) => !isMeant(change));
    this.#sure = steps[steps.length - 1];
    this.points.push({ events, isGroup: false, state: this.#sure, steps });
  }
}

/** What is wrong with what files hold after a failure before event `cut`; undefined: nothing. */
export function problemAfter(points: readonly Point[], cut: number, found: Contents): string | undefined {
  let last = 0;
  while (last + 1 < points.length && points[last + 1].events <= cut) last++;
  const next = points[last + 1];
  if (holds(points[last].state, found)) return undefined;
  if (next && holds(next.state, found)) return undefined;
  if (next && !next.isGroup && next.steps.some((step) => isOnTheWay(step, next.steps, found))) return undefined;
  const what = points[last].isGroup ? 'a group' : 'a promise';
  return `its files are neither what they were after ${what} (point ${last}) nor at the next: ${difference(points[last].state, found)}`;
}

function holds(state: State, found: Contents): boolean {
  return (
    state.names.size === found.size && [...state.names].every(([name, file]) => found.get(name)?.equals(state.bytes.get(file)!))
  );
}
function difference(state: State, found: Contents): string {
  const lines: string[] = [];
  for (const [name, file] of state.names) {
    const bytes = found.get(name);
    const wanted = state.bytes.get(file)!;
    if (!bytes) lines.push(`${name} is missing`);
    else if (!bytes.equals(wanted)) lines.push(`${name} has ${bytes.length} bytes that are not its ${wanted.length}`);
  }
  for (const name of found.keys()) if (!state.names.has(name)) lines.push(`${name} is there`);
  return lines.join(', ');
}

/** The names of a step; each byte is one that the file had at some step. */
function isOnTheWay(step: State, steps: readonly State[], found: Contents): boolean {
  if (step.names.size !== found.size) return false;
  for (const [name, file] of step.names) {
    const bytes = found.get(name);
    if (!bytes) return false;
    const versions = [...new Set(steps.map((other) => other.bytes.get(file)).filter((other) => other !== undefined))];
    if (versions.some((version) => version.equals(bytes))) continue;
    if (bytes.length > Math.max(...versions.map(({ length }) => length))) return false;
    for (let at = 0; at < bytes.length; at++) {
      // What no step has reached is a hole.
      if (!versions.some((version) => (at < version.length ? version[at] : 0) === bytes[at])) return false;
    }
  }
  return true;
}
