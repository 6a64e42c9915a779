// SPDX-License-Identifier: MIT
/** @fileoverview One request of the interface to commands; see requests.ts. */
import { NvList } from '../port/nvlist';

/** The one request of /dev/zfs (ioctl(2)): its argument is the address of a {@link ZfsCommand}. */
export const ZFS_PERFORM: i32 = 0x5a00;

/** Addresses and numbers of bytes in the caller's memory. */
@unmanaged
export class ZfsCommand {
  name: u64;
  nameBytes: u64;
  /** A packed list; without bytes: an empty one. */
  input: u64;
  inputBytes: u64;
  output: u64;
  room: u64;
  /** Of the answer; more than `room` with ENOMEM. */
  outputBytes: u64;
}

export abstract class Request {
  constructor(public readonly name: string) {}
  /** Does it only ask? Anyone may; changes are for the privileged. */
  get isQuery(): bool {
    return false;
  }
  abstract run(input: NvList, output: NvList): i32;
}
