// SPDX-License-Identifier: MIT
/**
 * @fileoverview A PS/2 mouse (IBM PS/2 Technical Reference, auxiliary device), with the wheel of the IntelliMouse and the five buttons of
 * the IntelliMouse Explorer once a driver has knocked: sample rates 200, 100, 80 turn ID 0 into 3, then 200, 200, 80 turn 3 into 4.
 *
 * Movement collects while the 16-byte buffer is full and leaves in packets as it drains; in remote mode it waits to be polled.
 */

const BUFFER = 16;
const ACK = 0xfa;
const RESEND = 0xfe;

const SCALE_1_1 = 0xe6;
const SCALE_2_1 = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS = 0xe9;
const STREAM_MODE = 0xea;
const POLL = 0xeb;
const RESET_WRAP = 0xec;
const WRAP_MODE = 0xee;
const REMOTE_MODE = 0xf0;
const IDENTIFY = 0xf2;
const SET_SAMPLE_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const SET_DEFAULTS = 0xf6;
const RESEND_LAST = 0xfe;
const RESET = 0xff;

const STATUS_REMOTE = 0x40;
const STATUS_ENABLED = 0x20;
const STATUS_SCALE_2_1 = 0x10;

export function mousePowerOn() {
  return {
    queue: [] as number[],
    last: 0,
    /** A command that waits for its parameter; 0 for none. */
    command: 0,
    status: 0,
    wrap: false,
    resolution: 2,
    sampleRate: 100,
    id: 0,
    /** The last sample rates set, which change the ID. */
    knock: [0, 0, 0],
    dx: 0,
    dy: 0,
    dz: 0,
    /** Left 1, right 2, middle 4, side 8, extra 16. */
    buttons: 0,
    /** Something has changed that no packet has told yet. */
    moved: false,
  };
}

export class Ps2Mouse {
  state = mousePowerOn();
  private readonly ready: () => void;

  /** `ready` is called whenever bytes were queued. */
  constructor(ready: () => void) {
    this.ready = ready;
  }

  /** Relative movement, right and down positive; wheel steps, towards the user positive; the buttons now held. */
  mouseEvent(dx: number, dy: number, wheel: number, buttons: number): void {
    const s = this.state;
    if (!(s.status & STATUS_ENABLED)) return;
    s.dx += Math.trunc(dx);
    // The device's y axis points up.
    s.dy -= Math.trunc(dy);
    s.dz += Math.trunc(wheel);
    s.buttons = buttons & 0x1f;
    s.moved = true;
    this.report();
  }

  /** A byte from the controller. */
  write(byte: number): void {
    const s = this.state;
    if (s.wrap && byte !== RESET_WRAP && byte !== RESET) {
      this.reply(byte);
    } else if (s.command !== 0) {
      const command = s.command;
      s.command = 0;
      if (command === SET_RESOLUTION) s.resolution = byte & 3;
      else this.setSampleRate(byte);
      this.reply(ACK);
    } else {
      this.commandByte(byte);
    }
    this.ready();
  }

  /** The controller takes the next byte; undefined when there is none. */
  take(): number | undefined {
    const byte = this.state.queue.shift();
    if (byte === undefined) return undefined;
    this.state.last = byte;
    this.fillWithPackets();
    return byte;
  }

  reset(): void {
    this.state = mousePowerOn();
  }

  private commandByte(byte: number): void {
    const s = this.state;
    switch (byte) {
      case SCALE_1_1:
        s.status &= ~STATUS_SCALE_2_1;
        this.reply(ACK);
        break;
      case SCALE_2_1:
        s.status |= STATUS_SCALE_2_1;
        this.reply(ACK);
        break;
      case SET_RESOLUTION:
      case SET_SAMPLE_RATE:
        s.command = byte;
        this.reply(ACK);
        break;
      case STATUS: {
        const { buttons } = s;
        const held = ((buttons & 1) << 2) | ((buttons & 4) >>> 1) | ((buttons & 2) >>> 1);
        this.reply(ACK, s.status | held, s.resolution, s.sampleRate);
        break;
      }
      case STREAM_MODE:
        s.status &= ~STATUS_REMOTE;
        this.reply(ACK);
        break;
      case REMOTE_MODE:
        s.status |= STATUS_REMOTE;
        this.reply(ACK);
        break;
      case POLL:
        this.reply(ACK, ...this.packet());
        break;
      case WRAP_MODE:
        s.wrap = true;
        this.reply(ACK);
        break;
      case RESET_WRAP:
        s.wrap = false;
        this.reply(ACK);
        break;
      case IDENTIFY:
        this.reply(ACK, s.id);
        break;
      case ENABLE:
        s.status |= STATUS_ENABLED;
        this.reply(ACK);
        break;
      case DISABLE:
        s.status &= ~STATUS_ENABLED;
        this.reply(ACK);
        break;
      case SET_DEFAULTS:
        this.defaults();
        this.reply(ACK);
        break;
      case RESEND_LAST:
        this.reply(s.last);
        break;
      case RESET:
        this.state = mousePowerOn();
        this.reply(ACK, 0xaa, 0x00);
        break;
      default:
        this.reply(RESEND);
    }
  }

  private setSampleRate(rate: number): void {
    const s = this.state;
    s.sampleRate = rate;
    s.knock = [s.knock[1], s.knock[2], rate];
    const [first, second, third] = s.knock;
    if (first === 200 && second === 100 && third === 80) s.id = 3;
    if (first === 200 && second === 200 && third === 80) s.id = 4;
  }

  private defaults(): void {
    const s = this.state;
    s.status = 0;
    s.resolution = 2;
    s.sampleRate = 100;
    s.queue = [];
  }

  private reply(...bytes: number[]): void {
    this.state.queue.push(...bytes);
  }

  private report(): void {
    this.fillWithPackets();
    if (this.state.queue.length > 0) this.ready();
  }

  private fillWithPackets(): void {
    const s = this.state;
    while (s.moved && s.status & STATUS_ENABLED && !(s.status & STATUS_REMOTE) && s.queue.length <= BUFFER - 4) {
      s.queue.push(...this.packet());
    }
  }

  /** Tells as much of the movement as a packet holds. */
  private packet(): number[] {
    const s = this.state;
    const limit = (value: number, most: number) => Math.max(-most, Math.min(most, value));
    const dx = limit(s.dx, 127);
    const dy = limit(s.dy, 127);
    const dz = s.id === 0 ? s.dz : limit(s.dz, s.id === 3 ? 127 : 7);
    s.dx -= dx;
    s.dy -= dy;
    s.dz -= dz;
    s.moved = s.dx !== 0 || s.dy !== 0 || s.dz !== 0;
    const bytes = [0x08 | (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0) | (s.buttons & 7), dx & 0xff, dy & 0xff];
    if (s.id === 3) bytes.push(dz & 0xff);
    if (s.id === 4) bytes.push((dz & 0x0f) | ((s.buttons & 0x18) << 1));
    return bytes;
  }
}
