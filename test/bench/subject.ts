// SPDX-License-Identifier: MIT
/**
 * @fileoverview Something that runs the program of `payload/`: the host itself, or a machine that has booted it.
 *
 * All are asked for the same kernels in turn, so that whatever disturbs the host disturbs them alike, and stand still meanwhile. Time is the
 * host's, between the arrival of a marker's first character and that of the next marker's last.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { KernelName } from './payload.ts';

export interface Sample {
  milliseconds: number;
  checksum: string;
}

export interface Subject {
  readonly name: string;
  /** Milliseconds from start to the program's first line; of no meaning for the host itself. */
  readonly bootMilliseconds: number;
  run(kernel: KernelName): Promise<Sample>;
  close(): void;
}

/** Takes output as it comes and notes when markers arrive. */
export class MarkerReader {
  #text = '';
  #started = 0;
  #waiting: { marker: RegExp; resolve: (match: RegExpExecArray) => void } | undefined;

  feed(text: string): void {
    for (const character of text) {
      if (this.#text === '@' && character === 's') this.#started = performance.now();
      // A terminal sends both, a pipe only the second.
      if (character !== '\r' && character !== '\n') {
        this.#text += character;
        continue;
      }
      const match = this.#waiting?.marker.exec(this.#text);
      this.#text = '';
      if (!match) continue;
      const { resolve } = this.#waiting!;
      this.#waiting = undefined;
      resolve(match);
    }
  }

  /** The next line that matches. */
  line(marker: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve) => {
      this.#waiting = { marker, resolve };
    });
  }

  /** After `ask`, the time from the start marker to the end marker. */
  async sample(ask: () => void): Promise<Sample> {
    const end = this.line(/^@end ([0-9a-f]{16})$/);
    ask();
    const [, checksum] = await end;
    return { milliseconds: performance.now() - this.#started, checksum };
  }
}

/** A child process that reads kernels' names on its standard input and writes markers on its standard output. */
export class ProcessSubject implements Subject {
  readonly name: string;
  bootMilliseconds = 0;
  readonly #child: ChildProcess;
  readonly #markers = new MarkerReader();
  readonly #gone: Promise<never>;

  private constructor(name: string, command: string, parameters: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    this.#child.stdout!.setEncoding('latin1').on('data', (text: string) => this.#markers.feed(text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    this.#gone = new Promise((_, reject) => {
      this.#child.on('error', reject);
      this.#child.on('exit', (code) => reject(new Error(`${name} ended (exit ${code}): ${complaint}`)));
    });
    // Whoever waits hears of it; at the end nobody does.
    this.#gone.catch(() => undefined);
  }

  static async start(name: string, command: string, ...parameters: string[]): Promise<ProcessSubject> {
    const started = performance.now();
    const subject = new ProcessSubject(name, command, parameters);
    await Promise.race([subject.#markers.line(/^@ready$/), subject.#gone]);
    subject.bootMilliseconds = performance.now() - started;
    return subject;
  }

  run(kernel: KernelName): Promise<Sample> {
    const sample = this.#markers.sample(() => this.#child.stdin!.write(`${kernel}\n`));
    return Promise.race([sample, this.#gone]);
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
