// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the page and the worker say to each other. One worker holds one machine, once: to start again, the page makes
 * another worker.
 *
 * Sequence: the worker says `ready`; the page says `start`; the worker answers `started` or `refused`, then sends output and figures
 * until `ended` or `fault`. The page may type at any time after `started`. To stop, it terminates the worker.
 *
 * Output is paced: the page returns as credit what its terminal has digested, and the machine waits while too much is under way.
 */

/** A disk of the machine: an image the user chose, which is never written to (changes live in memory), or an empty one in memory. */
export type DiskSpecification = { image: Blob } | { bytes: number };

/** COM1, and port 0 of the virtio console, which Linux calls hvc0. */
export type Port = 'com1' | 'hvc0';

export interface StartMessage {
  kind: 'start';
  /** Bytes. */
  memory: number;
  kernel: Blob;
  kernelName: string;
  initrd: Blob | undefined;
  commandLine: string;
  disks: DiskSpecification[];
  /** Whether there is a network card. Its cable ends at the page: `frame` messages go both ways. */
  network: boolean;
}

export type ToWorker =
  | StartMessage
  | { kind: 'type'; port: Port; bytes: Uint8Array }
  /** An Ethernet frame for the machine, without frame check sequence. */
  | { kind: 'frame'; frame: Uint8Array }
  /** So many bytes of output have been shown. */
  | { kind: 'credit'; bytes: number };

export interface Figures {
  /** Retired since power-on. */
  instructions: number;
  /** Millions of instructions a second of the host's time, over the last interval in which the machine ran; undefined while idle. */
  mips: number | undefined;
  /** Seconds since power-on. */
  virtualSeconds: number;
}

export type EndKind = 'power-off' | 'panic' | 'triple-fault' | 'halted';

export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'started' }
  /** The machine cannot be: one line for the user. */
  | { kind: 'refused'; message: string }
  | { kind: 'output'; port: Port; bytes: Uint8Array }
  | { kind: 'frame'; frame: Uint8Array }
  | { kind: 'figures'; figures: Figures }
  /** An instruction that this processor lacks was met for the first time. */
  | { kind: 'missing'; message: string }
  | { kind: 'ended'; end: EndKind; message: string | undefined; figures: Figures }
  /** A fault of ours. */
  | { kind: 'fault'; message: string };
