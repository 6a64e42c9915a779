// SPDX-License-Identifier: MIT
/**
 * @fileoverview The path between local APICs, I/O APICs and devices with message-signalled interrupts (Intel SDM vol. 3, 11.6 and 11.11).
 *
 * A message names its destination; the bus hands it to every local APIC that accepts that, or, for lowest-priority delivery, to the
 * one whose processor priority is lowest (the first of equals). The other way round it broadcasts the end of level-triggered
 * interrupts to the I/O APICs. It holds no state.
 */
import type { MsiSink } from '../bus/device.ts';

const LOWEST_PRIORITY = 1;

/** Delivery modes are numbered as in ICR and the redirection table: 0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 6 SIPI, 7 ExtINT. */
export interface InterruptMessage {
  readonly destination: number;
  /** Destination mode: LDR bits rather than an APIC ID. */
  readonly logical: boolean;
  readonly deliveryMode: number;
  readonly vector: number;
  readonly levelTriggered: boolean;
}

/** A local APIC as the bus sees it. */
export interface InterruptTarget {
  /** Whether a destination names this APIC. */
  accepts(destination: number, logical: boolean): boolean;
  /** What lowest-priority arbitration compares; undefined when this APIC takes no fixed interrupts. */
  readonly arbitrationPriority: number | undefined;
  deliver(message: InterruptMessage): void;
}

export class InterruptBus {
  private readonly lapics: InterruptTarget[] = [];
  private readonly eoiListeners: ((vector: number) => void)[] = [];

  /** Delivers a device's memory write to FEExxxxxh; others are not interrupts and are dropped. */
  readonly msi: MsiSink = (address, data) => {
    if (address < 0xfee00000 || address > 0xfeefffff) return;
    this.send({
      destination: (address >>> 12) & 0xff,
      logical: (address & 4) !== 0,
      deliveryMode: (data >>> 8) & 7,
      vector: data & 0xff,
      levelTriggered: (data & 0x8000) !== 0,
    });
  };

  attach(lapic: InterruptTarget): void {
    this.lapics.push(lapic);
  }

  /** `listener` hears the vector of every level-triggered interrupt that a CPU has finished. */
  onEndOfInterrupt(listener: (vector: number) => void): void {
    this.eoiListeners.push(listener);
  }

  endOfInterrupt(vector: number): void {
    for (const listener of this.eoiListeners) listener(vector);
  }

  send(message: InterruptMessage): void {
    const targets = this.lapics.filter((lapic) => lapic.accepts(message.destination, message.logical));
    if (message.deliveryMode !== LOWEST_PRIORITY) {
      for (const lapic of targets) lapic.deliver(message);
      return;
    }
    let chosen: InterruptTarget | undefined;
    for (const lapic of targets) {
      const priority = lapic.arbitrationPriority;
      if (priority === undefined) continue;
      if (chosen === undefined || priority < (chosen.arbitrationPriority ?? 0)) chosen = lapic;
    }
    chosen?.deliver(message);
  }

  /** To all, or to all but one: the shorthands of ICR. */
  broadcast(message: InterruptMessage, except?: InterruptTarget): void {
    for (const lapic of this.lapics) if (lapic !== except) lapic.deliver(message);
  }
}
