// SPDX-License-Identifier: MIT
/**
 * @fileoverview Tells from a file's first bytes what it is to the machine: kernel, initramfs or disk.
 *
 * Anything unknown is a raw disk. Formats that look like disks or kernels to people but not to the machine are refused with advice. What
 * this cannot know (a compressed disk, an initramfs in an unusual packing), the user can put right by hand.
 */
import { isMultiboot1 } from '../../emulator/firmware/multiboot1.ts';
import { isMultiboot2 } from '../../emulator/firmware/multiboot2.ts';

export type Role = 'kernel' | 'initramfs' | 'disk';
export type Recognised = { role: Role; format: string } | { refusal: string };

/** Bytes that `recognise` wants to see: all that a multiboot 2 header may lie in. */
export const HEAD_SIZE = 32_768;
const SECTOR_SIZE = 512;

/** Offset, bytes (as Latin-1 characters), name. */
type Signature = readonly [number, string, string];

/** Linux unpacks initramfs archives in all of these (Documentation/driver-api/early-userspace/buffer-format.rst, lib/decompress.c). */
const ARCHIVES: readonly Signature[] = [
  [0, '070701', 'cpio'],
  [0, '070702', 'cpio'],
  [0, '\x1f\x8b', 'gzip'],
  [0, '\x1f\x9e', 'gzip'],
  [0, '\xfd7zXZ\0', 'xz'],
  [0, '\x28\xb5\x2f\xfd', 'zstd'],
  [0, 'BZh', 'bzip2'],
  [0, '\x5d\0\0', 'lzma'],
  [0, '\x89LZO\0\r\n\x1a\n', 'lzo'],
  [0, '\x02\x21\x4c\x18', 'lz4'],
];
const FOREIGN_DISKS: readonly Signature[] = [
  [0, 'QFI\xfb', 'qcow2'],
  [0, 'KDMV', 'vmdk'],
  [0, 'conectix', 'vpc'],
  [0, 'vhdxfile', 'vhdx'],
  [0x40, '\x7f\x10\xda\xbe', 'vdi'],
];

export function recognise(name: string, size: number, head: Uint8Array): Recognised {
  if (size === 0) return { refusal: `${name} is empty.` };
  // Boot sector signature and setup header of the Linux boot protocol.
  if (has(head, [0x1fe, '\x55\xaa', '']) && has(head, [0x202, 'HdrS', ''])) return { role: 'kernel', format: 'bzImage' };
  if (has(head, [0, '\x7fELF', ''])) return { role: 'kernel', format: 'ELF' };
  if (isMultiboot2(head) || isMultiboot1(head)) return { role: 'kernel', format: 'multiboot' };
  const archive = ARCHIVES.find((signature) => has(head, signature));
  if (archive) return { role: 'initramfs', format: archive[2] };
  const foreign = FOREIGN_DISKS.find((signature) => has(head, signature));
  if (foreign) {
    return { refusal: `${name} is a ${foreign[2]} image. Disks must be raw: qemu-img convert -O raw ${name} disk.img` };
  }
  if (has(head, [0, '!<arch>\ndebian-binary', ''])) {
    return { refusal: `${name} is a Debian package. The kernel in it is boot/vmlinuz-…: unpack it with dpkg-deb -x.` };
  }
  if (size % SECTOR_SIZE !== 0) {
    return {
      refusal: `${name} is neither a kernel nor an initramfs, and no disk image: its ${size} bytes are no multiple of ${SECTOR_SIZE}.`,
    };
  }
  return { role: 'disk', format: 'raw' };
}

function has(head: Uint8Array, [offset, bytes]: Signature): boolean {
  if (head.length < offset + bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (head[offset + i] !== bytes.charCodeAt(i)) return false;
  return true;
}
