// SPDX-License-Identifier: MIT
/** @fileoverview One request of the interface to commands; see requests.ts. */
import { NvList } from '../port/nvlist';

export abstract class Request {
  constructor(public readonly name: string) {}
  abstract run(input: NvList, output: NvList): i32;
}
