// SPDX-License-Identifier: MIT
/**
 * @fileoverview The I/O port space: 65,536 ports, each decoded by at most one register block.
 *
 * An access goes whole to the block that decodes its first port, whatever its size; what a block makes of an access wider than its
 * registers is its own affair (`byteBlock` splits it, as the ISA bridge does). So the dword register at CF8h and the
 * byte register at CF9h live side by side: a dword access to CF8h never reaches CF9h. Unassigned ports read as all ones and
 * ignore writes.
 *
 * `map` is for the machine's builder and refuses overlaps. A handle's `move` is for base address registers, which the guest writes:
 * there an overlap is legal, and the block that was mapped first keeps the ports they share.
 */
import type { AccessSize, RegisterBlock } from './device.ts';
import { type MappedRange, type Mapping, mappedRanges, mappingOf, newRange, ONES, type Range, span } from './range.ts';

const PORTS = 0x10000;

export class PortBus {
  private readonly ranges: Range[] = [];
  /** For each port, 1 + the index of its range; 0 where nothing decodes it. */
  private readonly owner = new Uint16Array(PORTS);

  map(base: number, length: number, name: string, block: RegisterBlock): Mapping {
    if (!(base >= 0 && length > 0 && base + length <= PORTS))
      throw new Error(`${name}: ports ${span(base, length)} do not exist`);
    for (let port = base; port < base + length; port++) {
      const other = this.ranges[this.owner[port] - 1];
      if (other)
        throw new Error(`${name}: ports ${span(base, length)} overlap ${other.name} at ${span(other.base, other.length)}`);
    }
    const mapping = this.reserve(length, name, block);
    mapping.move(base);
    return mapping;
  }

  /** Makes a block known without giving it ports yet, as a base address register does; its rank among overlaps counts from here. */
  reserve(length: number, name: string, block: RegisterBlock): Mapping {
    const range = newRange(length, name, block);
    this.ranges.push(range);
    return mappingOf(range, () => this.repaint());
  }

  read(port: number, size: AccessSize): number {
    const range = this.ranges[this.owner[port & 0xffff] - 1];
    if (!range) return ONES[size];
    range.reads++;
    return (range.block.read((port & 0xffff) - range.base, size) & ONES[size]) >>> 0;
  }

  write(port: number, size: AccessSize, value: number): void {
    const range = this.ranges[this.owner[port & 0xffff] - 1];
    if (!range) return;
    range.writes++;
    range.block.write((port & 0xffff) - range.base, size, (value & ONES[size]) >>> 0);
  }

  /** What is mapped, in order of ports. */
  get mapped(): MappedRange[] {
    return mappedRanges(this.ranges);
  }

  /** The name of what decodes a port, for traces and error messages. */
  nameAt(port: number): string | undefined {
    return this.ranges[this.owner[port & 0xffff] - 1]?.name;
  }

  private repaint(): void {
    this.owner.fill(0);
    for (let index = this.ranges.length - 1; index >= 0; index--) {
      const range = this.ranges[index];
      if (range.mapped) this.owner.fill(index + 1, Math.min(range.base, PORTS), Math.min(range.base + range.length, PORTS));
    }
  }
}
