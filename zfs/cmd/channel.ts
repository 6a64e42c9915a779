// SPDX-License-Identifier: MIT
/**
 * @fileoverview How commands reach ZFS (ioctl/requests.ts says what they can ask). Commands are written against this, and run in two places: as
 * programs of the guest, where the other end is /dev/zfs, and in one module with ZFS under Node, where it is a call.
 */
import { NvList } from '../port/nvlist';

export abstract class Channel {
  /** 0 or -errno; the answer comes into `output`. */
  abstract call(request: string, input: NvList, output: NvList): i32;
}
