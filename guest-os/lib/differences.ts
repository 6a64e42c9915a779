// SPDX-License-Identifier: MIT
/**
 * @fileoverview Differences of two texts line by line: Myers' algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986) in linear
 * space.
 *
 * Lines become numbers, equal ones the same. The shortest way through the grid of both is found from its two ends at once; where they meet it is divided,
 * and each half is solved in the same way. Where a change can be moved down, it is, so that hunks end up where people expect them.
 */
export class Hunk {
  constructor(
    public startA: i32,
    public endA: i32,
    public startB: i32,
    public endB: i32,
  ) {}
}

export class Differences {
  a: string[] = [];
  b: string[] = [];
  unterminatedA: bool = false;
  unterminatedB: bool = false;
  readonly hunks: Hunk[] = [];
  private readonly x: i32[] = [];
  private readonly y: i32[] = [];
  private changedA: StaticArray<bool> = new StaticArray<bool>(0);
  private changedB: StaticArray<bool> = new StaticArray<bool>(0);
  private forward: StaticArray<i32> = new StaticArray<i32>(0);
  private backward: StaticArray<i32> = new StaticArray<i32>(0);
  private middleX: i32 = 0;
  private middleY: i32 = 0;

  constructor(
    first: string,
    second: string,
    private readonly blanks: bool,
    private readonly space: bool,
    private readonly fold: bool,
    private readonly empty: bool,
  ) {
    this.a = linesOf(first);
    this.b = linesOf(second);
    this.unterminatedA = first.length > 0 && !first.endsWith('\n');
    this.unterminatedB = second.length > 0 && !second.endsWith('\n');
    const count = this.a.length + this.b.length + 3;
    this.changedA = new StaticArray<bool>(this.a.length + 1);
    this.changedB = new StaticArray<bool>(this.b.length + 1);
    this.forward = new StaticArray<i32>(2 * count + 2);
    this.backward = new StaticArray<i32>(2 * count + 2);
    this.number();
    this.solve(0, this.a.length, 0, this.b.length);
    this.shift(this.x, this.changedA, this.changedB);
    this.shift(this.y, this.changedB, this.changedA);
    this.collect();
  }

  private keyOf(line: string, last: bool): string {
    let key = line;
    if (this.fold) key = key.toLowerCase();
    if (this.blanks || this.space) {
      let text = '';
      let pending = false;
      for (let i = 0; i < key.length; i++) {
        const c = key.charCodeAt(i);
        if (c == 0x20 || <u32>(c - 9) < 5) pending = true;
        else {
          if (pending && this.blanks && !this.space) text += ' ';
          pending = false;
          text += key.charAt(i);
        }
      }
      return text;
    }
    // A line without a newline differs from one with it.
    return last ? key + '\n' : key;
  }

  private number(): void {
    const known = new Map<string, i32>();
    for (let side = 0; side < 2; side++) {
      const lines = side ? this.b : this.a;
      const unterminated = side ? this.unterminatedB : this.unterminatedA;
      for (let i = 0; i < lines.length; i++) {
        const key = this.keyOf(lines[i], unterminated && i == lines.length - 1);
        if (!known.has(key)) known.set(key, known.size);
        (side ? this.y : this.x).push(known.get(key));
      }
    }
  }

  private solve(a: i32, endA: i32, b: i32, endB: i32): void {
    while (a < endA && b < endB && this.x[a] == this.y[b]) {
      a++;
      b++;
    }
    while (a < endA && b < endB && this.x[endA - 1] == this.y[endB - 1]) {
      endA--;
      endB--;
    }
    if (a == endA) for (let i = b; i < endB; i++) this.changedB[i] = true;
    else if (b == endB) for (let i = a; i < endA; i++) this.changedA[i] = true;
    else {
      this.meet(a, endA, b, endB);
      const x = this.middleX;
      const y = this.middleY;
      this.solve(a, x, b, y);
      this.solve(x, endA, y, endB);
    }
  }

  /** A point that a shortest way goes through: {@link middleX}, {@link middleY}. */
  private meet(a: i32, endA: i32, b: i32, endB: i32): void {
    const n = endA - a;
    const m = endB - b;
    const delta = n - m;
    const odd = (delta & 1) != 0;
    const middle = n + m + 1;
    const forward = this.forward;
    const backward = this.backward;
    forward[middle + 1] = 0;
    backward[middle + 1] = 0;
    for (let d = 0; ; d++) {
      for (let k = -d; k <= d; k += 2) {
        if (k < -m || k > n) continue;
        let x =
          k == -d || (k != d && forward[middle + k - 1] < forward[middle + k + 1])
            ? forward[middle + k + 1]
            : forward[middle + k - 1] + 1;
        let y = x - k;
        if (x > n || y > m || y < 0) {
          forward[middle + k] = min(x, n);
          continue;
        }
        while (x < n && y < m && this.x[a + x] == this.y[b + y]) {
          x++;
          y++;
        }
        forward[middle + k] = x;
        const other = delta - k;
        if (odd && other >= -(d - 1) && other <= d - 1 && x + backward[middle + other] >= n) {
          this.middleX = a + x;
          this.middleY = b + y;
          return;
        }
      }
      for (let k = -d; k <= d; k += 2) {
        if (k < -m || k > n) continue;
        let x =
          k == -d || (k != d && backward[middle + k - 1] < backward[middle + k + 1])
            ? backward[middle + k + 1]
            : backward[middle + k - 1] + 1;
        let y = x - k;
        if (x > n || y > m || y < 0) {
          backward[middle + k] = min(x, n);
          continue;
        }
        while (x < n && y < m && this.x[endA - x - 1] == this.y[endB - y - 1]) {
          x++;
          y++;
        }
        backward[middle + k] = x;
        const other = delta - k;
        if (!odd && other >= -d && other <= d && x + forward[middle + other] >= n) {
          this.middleX = endA - x;
          this.middleY = endB - y;
          return;
        }
      }
    }
  }

  /** Moves runs of changes as far down as they go, as long as the other side has none there; runs that touch become one. */
  private shift(lines: i32[], changed: StaticArray<bool>, others: StaticArray<bool>): void {
    const count = lines.length;
    const otherCount = others.length - 1;
    let i = 0;
    let k = 0;
    while (i < count) {
      if (!changed[i]) {
        while (k < otherCount && others[k]) k++;
        i++;
        k++;
        continue;
      }
      let start = i;
      while (i < count && changed[i]) i++;
      while (true) {
        const length = i - start;
        // Up: only to join a run above.
        while (start > 0 && !changed[start - 1] && lines[start - 1] == lines[i - 1] && k > 0 && !others[k - 1]) {
          start--;
          i--;
          changed[start] = true;
          changed[i] = false;
          k--;
          while (start > 0 && changed[start - 1]) start--;
        }
        while (i < count && lines[start] == lines[i] && !(k < otherCount && others[k])) {
          changed[start++] = false;
          changed[i++] = true;
          while (i < count && changed[i]) i++;
          k++;
        }
        if (length == i - start) break;
      }
    }
  }

  private collect(): void {
    let i = 0;
    let k = 0;
    while (i < this.a.length || k < this.b.length) {
      const startA = i;
      const startB = k;
      while (i < this.a.length && this.changedA[i]) i++;
      while (k < this.b.length && this.changedB[k]) k++;
      if (i > startA || k > startB) {
        if (!(this.empty && this.isEmpty(startA, i, startB, k))) this.hunks.push(new Hunk(startA, i, startB, k));
      } else {
        i++;
        k++;
      }
    }
  }

  private isEmpty(startA: i32, endA: i32, startB: i32, endB: i32): bool {
    for (let i = startA; i < endA; i++) if (this.a[i].length) return false;
    for (let i = startB; i < endB; i++) if (this.b[i].length) return false;
    return true;
  }
}

function linesOf(text: string): string[] {
  if (!text.length) return [];
  return (text.endsWith('\n') ? text.substring(0, text.length - 1) : text).split('\n');
}
