// SPDX-License-Identifier: MIT
/**
 * @fileoverview What this project uses of the WebAssembly JavaScript interface (W3C, JavaScript API 2.0). TypeScript declares it only
 * together with the DOM, which the machine must not see. Included by projects that do without the DOM.
 */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Table {
    readonly length: number;
    grow(delta: number): number;
    set(index: number, value: null): void;
  }
  class Instance {
    constructor(module: Module, imports?: object);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
declare const performance: { now(): number };
