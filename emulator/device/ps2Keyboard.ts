// SPDX-License-Identifier: MIT
/**
 * @fileoverview A PS/2 keyboard with 101 keys and more (IBM PS/2 Technical Reference, keyboard). It queues bytes for the controller: scan
 * codes of set 2 or 1, and replies to commands. A pressed key repeats (typematic) until it is released or another is pressed.
 *
 * Keys come as set 1 make codes; extended keys as E000h + code; Pause as E11Dh. Scan codes that do not fit the 16-byte buffer are
 * dropped whole.
 *
 * Left out: scan code set 3, which only answers as refused; the overrun code.
 */
import type { Clock, Timer } from '../bus/device.ts';
import { set2OfSet1 } from './scanCodes.ts';

const BUFFER = 16;
const ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;

const SET_LEDS = 0xed;
const ECHO = 0xee;
const SCAN_CODE_SET = 0xf0;
const IDENTIFY = 0xf2;
const SET_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const SET_DEFAULTS = 0xf6;
const RESEND_LAST = 0xfe;
const RESET = 0xff;

const PAUSE = 0xe11d;
/** 500 ms before, 10.9 a second. */
const DEFAULT_RATE = 0x2b;

export function keyboardPowerOn() {
  return {
    queue: [] as number[],
    last: 0,
    /** A command that waits for its parameter; 0 for none. */
    command: 0,
    scanning: true,
    set: 2,
    leds: 0,
    rate: DEFAULT_RATE,
    /** The key that repeats, and when next. */
    repeating: null as number | null,
    repeatAt: null as number | null,
  };
}

export class Ps2Keyboard {
  state = keyboardPowerOn();
  private readonly clock: Clock;
  private readonly timer: Timer;
  private readonly ready: () => void;

  /** `ready` is called whenever bytes were queued. */
  constructor(clock: Clock, ready: () => void) {
    this.clock = clock;
    this.ready = ready;
    this.timer = clock.timer('keyboard-typematic', () => this.repeat());
  }

  keyEvent(code: number, pressed: boolean): void {
    const s = this.state;
    if (!s.scanning) return;
    if (!pressed && s.repeating === code) this.stopRepeating();
    if (pressed) {
      if (s.repeating === code) return;
      this.stopRepeating();
      if (code !== PAUSE) {
        s.repeating = code;
        s.repeatAt = this.clock.now() + 250e6 * (1 + ((s.rate >>> 5) & 3));
        this.timer.arm(s.repeatAt);
      }
    }
    this.sendKey(code, pressed);
  }

  /** A byte from the controller. */
  write(byte: number): void {
    const s = this.state;
    if (s.command !== 0) {
      const command = s.command;
      s.command = 0;
      this.parameter(command, byte);
    } else {
      this.commandByte(byte);
    }
    this.ready();
  }

  /** The controller takes the next byte; undefined when there is none. */
  take(): number | undefined {
    const byte = this.state.queue.shift();
    if (byte !== undefined) this.state.last = byte;
    return byte;
  }

  reset(): void {
    this.state = keyboardPowerOn();
    this.timer.cancel();
  }

  /** Arms the typematic timer from a loaded state. */
  loaded(): void {
    if (this.state.repeatAt === null) this.timer.cancel();
    else this.timer.arm(this.state.repeatAt);
  }

  private commandByte(byte: number): void {
    const s = this.state;
    switch (byte) {
      case SET_LEDS:
      case SCAN_CODE_SET:
      case SET_RATE:
        s.command = byte;
        this.reply(ACK);
        break;
      case ECHO:
        this.reply(ECHO);
        break;
      case IDENTIFY:
        this.reply(ACK, 0xab, 0x83);
        break;
      case ENABLE:
        s.queue = [];
        s.scanning = true;
        this.reply(ACK);
        break;
      case DISABLE:
      case SET_DEFAULTS:
        this.defaults();
        s.scanning = byte === SET_DEFAULTS;
        this.reply(ACK);
        break;
      case RESEND_LAST:
        this.reply(s.last);
        break;
      case RESET:
        this.defaults();
        this.reply(ACK, SELF_TEST_PASSED);
        break;
      default:
        this.reply(RESEND);
    }
  }

  private parameter(command: number, byte: number): void {
    const s = this.state;
    // Any command byte in place of a parameter starts that command.
    if (byte >= SET_LEDS) {
      this.commandByte(byte);
      return;
    }
    switch (command) {
      case SET_LEDS:
        s.leds = byte & 7;
        this.reply(ACK);
        break;
      case SET_RATE:
        s.rate = byte & 0x7f;
        this.reply(ACK);
        break;
      default:
        if (byte === 0) this.reply(ACK, s.set);
        else if (byte <= 2) {
          s.set = byte;
          this.reply(ACK);
        } else this.reply(RESEND);
    }
  }

  private defaults(): void {
    const s = this.state;
    this.stopRepeating();
    s.queue = [];
    s.scanning = true;
    s.set = 2;
    s.leds = 0;
    s.rate = DEFAULT_RATE;
  }

  private reply(...bytes: number[]): void {
    this.state.queue.push(...bytes);
  }

  private stopRepeating(): void {
    this.state.repeating = null;
    this.state.repeatAt = null;
    this.timer.cancel();
  }

  private repeat(): void {
    const s = this.state;
    if (s.repeating === null) return;
    this.sendKey(s.repeating, true);
    // Period in 240ths of a second: (8 + bits 0-2) * 2 ^ bits 3-4.
    s.repeatAt = this.clock.now() + Math.round(((8 + (s.rate & 7)) * 2 ** ((s.rate >>> 3) & 3) * 1e9) / 240);
    this.timer.arm(s.repeatAt);
  }

  private sendKey(code: number, pressed: boolean): void {
    const s = this.state;
    const bytes = s.set === 1 ? set1Bytes(code, pressed) : set2Bytes(code, pressed);
    if (s.queue.length + bytes.length > BUFFER) return;
    s.queue.push(...bytes);
    this.ready();
  }
}

function set1Bytes(code: number, pressed: boolean): number[] {
  // Pause sends its release with its press.
  if (code === PAUSE) return pressed ? [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5] : [];
  const prefix = code >>> 8 === 0xe0 ? [0xe0] : [];
  return [...prefix, (code & 0x7f) | (pressed ? 0 : 0x80)];
}

function set2Bytes(code: number, pressed: boolean): number[] {
  if (code === PAUSE) return pressed ? [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77] : [];
  const prefix = code >>> 8 === 0xe0 ? [0xe0] : [];
  return [...prefix, ...(pressed ? [] : [0xf0]), set2OfSet1(code)];
}
